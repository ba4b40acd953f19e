package main

import (
	"bufio"
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/go-eventlog/register"
	"github.com/google/go-eventlog/tcg"
)

type eventLog struct {
	log, text []byte
	kept      []register.MR
}

// readPCRs reads lines of bank, PCR and value; the bank of SHA-256 is taken.
func readPCRs(text []byte) (out []register.MR, err error) {
	in := bufio.NewScanner(bytes.NewReader(text))
	for in.Scan() {
		var bank, value string
		pcr := register.PCR{DigestAlg: crypto.SHA256}
		if !strings.HasPrefix(in.Text(), "sha256 ") {
			continue
		}
		if _, err = fmt.Sscan(in.Text(), &bank, &pcr.Index, &value); err != nil {
			return nil, err
		}
		if pcr.Digest, err = hex.DecodeString(value); err != nil {
			return nil, err
		}
		out = append(out, pcr)
	}
	return out, in.Err()
}

func newEventLog(in input) (*eventLog, error) {
	kept, err := readPCRs(in.endorsements)
	return &eventLog{in.evidence, in.endorsements, kept}, err
}

func (l *eventLog) verify(log []byte, pcrs []register.MR) error {
	events, err := tcg.ParseAndReplay(log, pcrs, tcg.ParseOpts{})
	if err == nil && len(events) == 0 {
		err = fmt.Errorf("no event came out")
	}
	return err
}

func (l *eventLog) warm() error { return l.verify(l.log, l.kept) }

func (l *eventLog) cold() error {
	pcrs, err := readPCRs(l.text)
	if err != nil {
		return err
	}
	return l.verify(l.log, pcrs)
}

func (l *eventLog) judge(log []byte) map[string]any {
	if log == nil {
		log = l.log
	}
	if err := l.verify(log, l.kept); err != nil {
		return map[string]any{"accepted": false, "why": err.Error()}
	}
	return map[string]any{"accepted": true}
}
