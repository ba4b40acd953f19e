"""A virtual machine with Debian's signed boot chain and a software TPM, booted once for a quote.

  parts = Parts(folder)                       shim, GRUB and kernel of the archive, unpacked; nothing is installed
  machine = Machine(folder, parts)            a TPM with an attestation key, and a disk
  machine.enrol(attest, *server)              the key gets a certificate
  machine.boot(scenario, nonce, tick) -> folder with the capture
"""
import base64
import gzip
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import firmware
from daemon import until
from swtpm import Swtpm

HERE = pathlib.Path(__file__).resolve().parent
KEY = "0x81010010"              # where the attestation key is in the TPM
ESP_MIB, ESP_START = 126, 2048 * 512
LIMIT_S, TICK_S = 900, 5
# OVMF's files with 4 MiB of flash: keys of Microsoft or none, and what is changed in them; GRUB's words for an EFI boot.
SCENARIOS = {
    "on": ("OVMF_VARS_4M.ms.fd", None, "linux", "initrd"),
    "off": ("OVMF_VARS_4M.fd", None, "linuxefi", "initrdefi"),
    "disabled": ("OVMF_VARS_4M.ms.fd", (firmware.SECURE_BOOT_ENABLE, b"\0"), "linuxefi", "initrdefi"),
    "bypassed": ("OVMF_VARS_4M.ms.fd", (firmware.MOK_SB_STATE, b"\1"), "linuxefi", "initrdefi"),
}


class Failure(Exception):
    pass


def run(*words, **more):
    """A program that says nothing when all is well."""
    r = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if r.returncode:
        raise Failure(f"{words[0]}: {(r.stderr or r.stdout).decode(errors='replace').strip()[-500:]}")
    return r.stdout


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Failure(f"{name} is missing: scripts/setup --with-lab")
    return found


def firmware_file(name):
    """Where distributions put OVMF."""
    for folder in os.environ.get("LAB_OVMF", "/usr/share/OVMF:/usr/share/edk2/ovmf").split(":"):
        if (pathlib.Path(folder) / name).exists():
            return pathlib.Path(folder) / name
    raise Failure(f"{name} is missing: scripts/setup --with-lab, or name its folder in LAB_OVMF")


class Parts:
    """Packages of the archive, unpacked."""
    def __init__(self, folder):
        self.root = folder / "packages"
        if not (self.root / "complete").exists():
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir(parents=True)
            newest = re.search(r"Depends: (linux-image-\S+-cloud-amd64)",
                               run("apt-cache", "depends", "linux-image-cloud-amd64").decode())
            if not newest:
                raise Failure("the archive has no linux-image-cloud-amd64: make lab needs Debian's apt sources")
            run("apt-get", "download", "shim-signed", "grub-efi-amd64-signed", newest[1], cwd=self.root)
            for package in sorted(self.root.glob("*.deb")):
                run("dpkg", "-x", package, self.root)
            (self.root / "complete").touch()
        self.shim = self._one("usr/lib/shim/shimx64.efi.signed")
        self.grub = self._one("usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed")
        self.kernel = self._one("boot/vmlinuz-*")

    def _one(self, pattern):
        found = sorted(self.root.glob(pattern))
        if not found:
            raise Failure(f"no {pattern} in the packages of the archive")
        return found[-1]

    def names(self):
        """Name and version of each package."""
        return [" ".join(p.name.split("_")[:2]).replace("%3a", ":") for p in sorted(self.root.glob("*.deb"))]


def _libraries(*files):
    found = set()
    for f in files:
        found |= set(re.findall(r"(/\S+\.so\S*)", run("ldd", f).decode()))
    return sorted(found)


def initramfs(folder):
    """busybox, tpm2 with its libraries, and init."""
    tree = folder / "initramfs"
    shutil.rmtree(tree, ignore_errors=True)
    tpm2 = program("tpm2")
    esys = next(p for p in _libraries(tpm2) if "libtss2-esys" in p)
    device = pathlib.Path(esys).with_name("libtss2-tcti-device.so.0")
    for source, target in [(program("busybox"), "bin/busybox"), (tpm2, "bin/tpm2"), (HERE / "init", "init"),
                           *((p, p.lstrip("/")) for p in [*_libraries(tpm2, device), str(device)])]:
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, tree / target)
    (tree / "init").chmod(0o755)
    names = "\n".join(str(p.relative_to(tree)) for p in sorted(tree.rglob("*")))
    archive = run("cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0", cwd=tree, input=names.encode())
    image = folder / "initrd.img"
    image.write_bytes(gzip.compress(archive, 1, mtime=0))
    return image


def disk(folder, parts):
    """One EFI system partition: shim as the default loader, GRUB beside it, kernel and initramfs."""
    esp, image = folder / "esp.img", folder / "disk.img"
    for f, mib in ((esp, ESP_MIB), (image, ESP_MIB + 2)):
        f.unlink(missing_ok=True)
        with open(f, "wb") as out:
            out.truncate(mib << 20)
    run(program("mkfs.vfat"), "-F", "32", esp)
    run("mmd", "-i", esp, "::/EFI", "::/EFI/BOOT", "::/EFI/debian", "::/boot")
    for source, target in ((parts.shim, "EFI/BOOT/BOOTX64.EFI"), (parts.grub, "EFI/BOOT/grubx64.efi"),
                           (parts.kernel, "boot/vmlinuz"), (initramfs(folder), "boot/initrd.img")):
        run("mcopy", "-i", esp, source, f"::/{target}")
    run(program("sfdisk"), "--quiet", image, input=b"label: gpt\nstart=2048, size=%d, type=U\n" % (ESP_MIB << 11))
    with open(image, "r+b") as out:
        out.seek(ESP_START)
        out.write(esp.read_bytes())
    esp.unlink()
    return image


class Machine:
    def __init__(self, folder, parts):
        self.folder = folder
        self.disk = disk(folder, parts)
        self.tpm = Swtpm()
        try:
            self._make_key()
        except BaseException:
            self.close()
            raise

    def _make_key(self):
        """An attestation key that stays in the TPM, as an operator's provisioning would leave it."""
        for words in (["tpm2_createek", "-Q", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pub"], ["tpm2_flushcontext", "-t"],
                      ["tpm2_createak", "-Q", "-C", "ek.ctx", "-c", "ak.ctx", "-G", "rsa", "-g", "sha256", "-s", "rsassa",
                       "-u", "ak.pub", "-n", "ak.name"], ["tpm2_flushcontext", "-t"],
                      ["tpm2_evictcontrol", "-Q", "-C", "o", "-c", "ak.ctx", KEY],
                      ["tpm2_nvread", "-Q", "0x1c00002", "-o", "ek_rsa.der"]):
            self.tpm.tool(*words)
        self.key_name = (self.tpm.folder / "ak.name").read_bytes().hex()

    def enrol(self, attest, *server):
        """The key is proven to the service, which certifies it; nothing was booted, so that is all it gives.  Then the
        TPM is off until a boot."""
        state = self.tpm.folder / "certificates"
        said = subprocess.run([attest, "submit", "--type", "Tpm", "--enrol", "--tcti", self.tpm.tcti, "--ak-handle", KEY,
                               "--sysfs", self.tpm.folder, "--state", state, *server], capture_output=True, text=True)
        self.tpm.stop()
        certificates = sorted(state.glob("*.der"))
        if not certificates:
            raise Failure("no certificate for the attestation key: " + said.stdout + said.stderr)
        shutil.copy(certificates[0], self.tpm.folder / "ak.der")

    def _grub(self, linux, initrd, nonce):
        """GRUB's configuration, with this boot's nonce for the kernel's command line."""
        config = self.folder / "grub.cfg"
        config.write_text(f"set timeout=0\nsearch --file --set=root /boot/vmlinuz\n"
                          f"{linux} /boot/vmlinuz console=ttyS0 ima_hash=sha256 lab.key={KEY} lab.nonce={nonce}\n"
                          f"{initrd} /boot/initrd.img\nboot\n")
        run("mcopy", "-o", "-i", f"{self.disk}@@{ESP_START}", config, "::/EFI/debian/grub.cfg")

    def _qemu(self, here, socket):
        return [program("qemu-system-x86_64"), "-machine", "q35,smm=on", "-accel", "tcg", "-cpu", "max", "-m", "1024",
                "-smp", "1", "-global", "driver=cfi.pflash01,property=secure,value=on",
                "-global", "ICH9-LPC.disable_s3=1",
                "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={firmware_file('OVMF_CODE_4M.ms.fd')}",
                "-drive", f"if=pflash,unit=1,format=raw,file={here / 'vars.fd'}",
                "-chardev", f"socket,id=chrtpm,path={socket}", "-tpmdev", "emulator,id=tpm0,chardev=chrtpm",
                "-device", "tpm-crb,tpmdev=tpm0",
                "-drive", f"file={self.disk},format=raw,if=none,id=d0,snapshot=on",
                "-device", "virtio-blk-pci,drive=d0,bootindex=1", "-net", "none", "-display", "none", "-no-reboot",
                "-serial", f"file:{here / 'console.log'}", "-serial", f"file:{here / 'data.b64'}", "-monitor", "none"]

    def _run(self, here, tick):
        """From power on to power off, which is the only thing waited for."""
        socket = self.tpm.folder / "ctrl"
        socket.unlink(missing_ok=True)
        tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.tpm.state}",
                                "--ctrl", f"type=unixio,path={socket}", "--terminate"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        vm = None
        try:
            if not until(socket.exists):
                raise Failure("swtpm does not start")
            vm = subprocess.Popen(self._qemu(here, socket), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(LIMIT_S // TICK_S):
                try:
                    vm.wait(TICK_S)
                    break
                except subprocess.TimeoutExpired:
                    tick()
            else:
                raise Failure(f"no end of the boot within {LIMIT_S} s, see {here / 'console.log'}")
            if vm.returncode:
                raise Failure("qemu: " + vm.stderr.read().decode().strip())
            tpm.wait(30)
        finally:
            for process in (vm, tpm):
                if process and process.poll() is None:
                    process.kill()
                    process.wait()

    def _capture(self, here):
        text = (here / "data.b64").read_bytes().replace(b"\r", b"")
        found = re.search(rb"BEGIN\n(.*?)END", text, re.S)
        if not found:
            raise Failure(f"the guest wrote no capture, see {here / 'console.log'}")
        try:
            with tarfile.open(fileobj=io.BytesIO(base64.b64decode(found[1])), mode="r:gz") as tar:
                for member in filter(tarfile.TarInfo.isfile, tar.getmembers()):
                    (here / pathlib.Path(member.name).name).write_bytes(tar.extractfile(member).read())
        except (tarfile.TarError, OSError, ValueError) as e:
            raise Failure(f"the guest's capture is damaged ({e}), see {here / 'console.log'}") from e
        for name in ("ak.pub", "ak.der", "ek_rsa.der"):
            shutil.copy(self.tpm.folder / name, here)
        if not (here / "quote_sha256.msg").exists():
            raise Failure("the guest's TPM did not quote: " + (here / "errors").read_text()[-500:])

    def boot(self, scenario, nonce, tick):
        variables, change, linux, initrd = SCENARIOS[scenario]
        here = self.folder / scenario
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        image = firmware_file(variables).read_bytes()
        (here / "vars.fd").write_bytes(firmware.with_variable(image, *change) if change else image)
        self._grub(linux, initrd, nonce)
        self._run(here, tick)
        self._capture(here)
        return here

    def close(self):
        self.tpm.__exit__()
