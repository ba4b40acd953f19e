package main

import (
	"encoding/pem"
	"time"

	"github.com/google/go-sev-guest/abi"
	pb "github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/verify"
)

// CPUID of the machine of the recorded report: a version 2 report does not say it, and the library wants to know.
const milanB0 = 0x00a00f10

type snp struct {
	report, text []byte
	now          time.Time
	kept         *pb.CertificateChain
}

// VCEK, ASK and ARK in this order, as PEM.
func readChain(text []byte) *pb.CertificateChain {
	var der [3][]byte
	for i := range der {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		der[i], text = block.Bytes, rest
	}
	return &pb.CertificateChain{VcekCert: der[0], AskCert: der[1], ArkCert: der[2]}
}

func newSnp(in input) (*snp, error) {
	return &snp{in.evidence, in.endorsements, in.now, readChain(in.endorsements)}, nil
}

func (s *snp) verify(raw []byte, chain *pb.CertificateChain) error {
	report, err := abi.ReportToProto(raw)
	if err != nil {
		return err
	}
	return verify.SnpAttestation(&pb.Attestation{Report: report, CertificateChain: chain},
		&verify.Options{DisableCertFetching: true, Now: s.now, Product: abi.SevProductFromCpuid1Eax(milanB0)})
}

func (s *snp) warm() error { return s.verify(s.report, s.kept) }

func (s *snp) cold() error { return s.verify(s.report, readChain(s.text)) }

func (s *snp) judge(raw []byte) map[string]any {
	if raw == nil {
		raw = s.report
	}
	if err := s.verify(raw, s.kept); err != nil {
		return map[string]any{"accepted": false, "why": err.Error()}
	}
	return map[string]any{"accepted": true}
}
