"""Variables of OVMF, changed in the file that holds them (UEFI PI: FFS variable store, authenticated records)."""
import struct
import uuid

STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
VALID, HEADER, NV_BS = 0x3F, 60, 3
SECURE_BOOT_ENABLE = ("SecureBootEnable", "f0a30bc7-af08-4556-99c4-001009c93a44")
MOK_SB_STATE = ("MokSBState", "605dab50-e046-4300-abb6-3dd810dd8b23")


def _records(image, at):
    """(offset, state, name, vendor, offset of the data, length of the data) of each record, then the first free byte."""
    while image[at:at + 2] == b"\xaa\x55":
        state = image[at + 2]
        name_size, data_size = struct.unpack_from("<II", image, at + 36)
        name = image[at + HEADER:at + HEADER + name_size].decode("utf-16-le").rstrip("\0")
        data = at + HEADER + name_size
        yield at, state, name, uuid.UUID(bytes_le=bytes(image[at + 44:at + 60])), data, data_size
        at = (data + data_size + 3) & ~3
    yield at, None, None, None, at, 0


def with_variable(image, variable, value):
    """The image with this variable: changed where it is, or added behind the last."""
    name, vendor = variable
    image = bytearray(image)
    for at, state, found, guid, data, size in _records(image, image.index(STORE) + 28):
        if state == VALID and found == name and guid == uuid.UUID(vendor):
            assert size == len(value)
            image[data:data + size] = value
        if state is None:
            break
    else:
        raise ValueError("the variable store has no end")
    if not any(s == VALID and n == name for _, s, n, *_ in _records(image, image.index(STORE) + 28)):
        wide = name.encode("utf-16-le") + b"\0\0"
        record = struct.pack("<HBBIQ16sIII16s", 0x55AA, VALID, 0, NV_BS, 0, bytes(16), 0, len(wide), len(value),
                             uuid.UUID(vendor).bytes_le) + wide + value
        assert image[at:at + len(record)].strip(b"\xff") == b""
        image[at:at + len(record)] = record
    return bytes(image)
