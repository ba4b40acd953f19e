// Driver of github.com/google/go-tdx-guest, go-sev-guest and go-eventlog: peer KIND EVIDENCE ENDORSEMENTS SECONDS, KIND being
// tdx, tdx-signatures (no collateral, no revocation), snp, or eventlog (a log and its PCRs; no time); what it is asked: bench/peers/README.md.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type input struct {
	evidence, endorsements []byte
	now                    time.Time
}

type peer interface {
	warm() error
	cold() error
	judge(evidence []byte) map[string]any
}

func repeat(n string, once func() error) (string, error) {
	count, err := strconv.Atoi(n)
	for i := 0; i < count && err == nil; i++ {
		err = once()
	}
	return "done", err
}

func answer(p peer, line string) (string, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "warm":
		return repeat(rest, p.warm)
	case "cold":
		return repeat(rest, p.cold)
	}
	var evidence []byte
	if rest != "" {
		var err error
		if evidence, err = base64.StdEncoding.DecodeString(rest); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(p.judge(evidence))
	return string(text), err
}

func newPeer(kind string, in input) (peer, error) {
	switch kind {
	case "tdx", "tdx-signatures":
		return newTdx(in, kind == "tdx")
	case "snp":
		return newSnp(in)
	case "eventlog":
		return newEventLog(in)
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

func readInput(args []string) (in input, err error) {
	if in.evidence, err = os.ReadFile(args[0]); err != nil {
		return in, err
	}
	if in.endorsements, err = os.ReadFile(args[1]); err != nil {
		return in, err
	}
	seconds, err := strconv.ParseInt(args[2], 10, 64)
	in.now = time.Unix(seconds, 0).UTC()
	return in, err
}

func run() error {
	given, err := readInput(os.Args[2:])
	if err != nil {
		return err
	}
	p, err := newPeer(os.Args[1], given)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		text, err := answer(p, in.Text())
		if err != nil {
			return err
		}
		fmt.Println(text)
	}
	return in.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
