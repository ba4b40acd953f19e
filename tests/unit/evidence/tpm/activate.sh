#!/bin/sh
# A software TPM makes an endorsement key and an attestation key, and later opens a credential made for them.
#   activate.sh prepare DIR rsa|ecc     leaves DIR/ek.pub, DIR/ak.pub, DIR/ak.name, a quote of ak and DIR/pid
#   activate.sh open DIR                DIR/cred.blob -> DIR/out.bin
#   activate.sh check DIR               tpm2_checkquote over DIR/quote.*
#   activate.sh stop DIR
# Exit 77: the tools are not installed.
set -eu
what=$1 dir=$2
for tool in swtpm tpm2_createek tpm2_createak tpm2_activatecredential tpm2_quote tpm2_checkquote; do
	command -v "$tool" >/dev/null || exit 77
done
cd "$dir"
export TPM2TOOLS_TCTI="swtpm:path=$dir/tpm.sock"
nonce=00112233445566778899aabbccddeeff
case "$what" in
prepare)
	# Each run is a machine of its own: what the one before left is removed.
	rm -rf state tpm.sock tpm.sock.ctrl pid ./*.ctx
	mkdir -p state
	swtpm socket --tpm2 --tpmstate "dir=$dir/state" --server "type=unixio,path=$dir/tpm.sock" \
	    --ctrl "type=unixio,path=$dir/tpm.sock.ctrl" --flags not-need-init,startup-clear \
	    --daemon --pid "file=$dir/pid" --seccomp action=none
	tpm2_createek -Q -c ek.ctx -G "$3" -u ek.pub
	tpm2_flushcontext -t
	tpm2_createak -Q -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pub -n ak.name
	tpm2_flushcontext -t
	tpm2_quote -Q -c ak.ctx -l sha256:0,1,2,3 -q "$nonce" -m quote.msg -s quote.sig -o quote.pcrs -g sha256
	tpm2_flushcontext -t
	;;
open)
	tpm2_startauthsession --policy-session -S s.ctx
	tpm2_policysecret -Q -S s.ctx -c e
	tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i cred.blob -o out.bin -P session:s.ctx
	tpm2_flushcontext s.ctx
	tpm2_flushcontext -t
	;;
check)
	tpm2_checkquote -Q -u ak.pub -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q "$nonce"
	;;
stop)
	[ ! -f pid ] || kill "$(cat pid)"
	rm -f pid
	;;
esac
