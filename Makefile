# A thin front for Meson: nobody must know it.  `make demo` and `make test` set up everything on a bare machine.
B := build
setup := scripts/setup

all: $(B)/build.ninja
	@ninja -C $(B)

$(B)/build.ninja:
	@$(setup)
	@meson setup $(B) >/dev/null

demo lab: all
	@scripts/$@

test: all
	@tools/run-tests $(B)

asan: ; @scripts/variant asan
fuzz: ; @scripts/variant fuzz
coverage: ; @scripts/variant coverage

bench: all
	@bench/run

# beside other people's verifiers, which it downloads
bench-peers: all
	@bench/peers/run.py

lint: all
	@tools/lint $(B)

install: all
	@meson install -C $(B)

clean:
	@rm -rf $(B) build-*

.PHONY: all demo lab test asan fuzz coverage bench bench-peers lint install clean
