package main

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-tdx-guest/verify"
)

// collateral is the normalised file, and stands in for the network: the library asks for addresses of Intel's service.
type collateral struct {
	TcbInfo              string `json:"tcb_info"`
	TcbInfoSignature     string `json:"tcb_info_signature"`
	TcbInfoIssuerChain   string `json:"tcb_info_issuer_chain"`
	QeIdentity           string `json:"qe_identity"`
	QeIdentitySignature  string `json:"qe_identity_signature"`
	QeIdentityChain      string `json:"qe_identity_issuer_chain"`
	PckCrl               string `json:"pck_crl"`
	PckCrlIssuerChain    string `json:"pck_crl_issuer_chain"`
	RootCaCrl            string `json:"root_ca_crl"`
	tcbAnswer, qeAnswer  []byte
	pckCrlDer, rootCaDer []byte
}

func header(name, chain string) map[string][]string {
	return map[string][]string{name: {url.QueryEscape(strings.TrimRight(chain, "\n\x00"))}}
}

// Get answers as Intel's service would; nothing is fetched.
func (c *collateral) Get(address string) (map[string][]string, []byte, error) {
	switch {
	case strings.Contains(address, "/tcb?"):
		return header("Tcb-Info-Issuer-Chain", c.TcbInfoIssuerChain), c.tcbAnswer, nil
	case strings.Contains(address, "/qe/identity"):
		return header("Sgx-Enclave-Identity-Issuer-Chain", c.QeIdentityChain), c.qeAnswer, nil
	case strings.Contains(address, "/pckcrl"):
		return header("Sgx-Pck-Crl-Issuer-Chain", c.PckCrlIssuerChain), c.pckCrlDer, nil
	}
	return nil, c.rootCaDer, nil
}

func readCollateral(text []byte) (*collateral, error) {
	c := &collateral{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, err
	}
	c.tcbAnswer = []byte(fmt.Sprintf(`{"tcbInfo":%s,"signature":"%s"}`, c.TcbInfo, c.TcbInfoSignature))
	c.qeAnswer = []byte(fmt.Sprintf(`{"enclaveIdentity":%s,"signature":"%s"}`, c.QeIdentity, c.QeIdentitySignature))
	var err error
	if c.pckCrlDer, err = hex.DecodeString(c.PckCrl); err != nil {
		return nil, err
	}
	c.rootCaDer, err = hex.DecodeString(c.RootCaCrl)
	return c, err
}

type tdx struct {
	quote, text []byte
	now         time.Time
	all         bool // with collateral and revocation; else signatures only
	roots       *x509.CertPool
	kept        *collateral
}

// The root is the one of the collateral: without roots the library warns on every call.
func newTdx(in input, all bool) (*tdx, error) {
	kept, err := readCollateral(in.endorsements)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(kept.TcbInfoIssuerChain[strings.LastIndex(kept.TcbInfoIssuerChain, "-----BEGIN"):]))
	return &tdx{in.evidence, in.endorsements, in.now, all, roots, kept}, nil
}

func (t *tdx) verify(quote []byte, c *collateral) error {
	return verify.RawTdxQuote(quote, &verify.Options{CheckRevocations: t.all, GetCollateral: t.all, Getter: c, Now: t.now,
		TrustedRoots: t.roots})
}

func (t *tdx) warm() error { return t.verify(t.quote, t.kept) }

func (t *tdx) cold() error {
	c, err := readCollateral(t.text)
	if err != nil {
		return err
	}
	return t.verify(t.quote, c)
}

// The library accepts nothing but UpToDate, and does not say advisories; some damaged quotes make it panic.
func (t *tdx) judge(quote []byte) (r map[string]any) {
	defer func() {
		if p := recover(); p != nil {
			r = map[string]any{"accepted": false, "why": fmt.Sprintf("panic: %v", p)}
		}
	}()
	if quote == nil {
		quote = t.quote
	}
	if err := t.verify(quote, t.kept); err != nil {
		return map[string]any{"accepted": false, "why": err.Error()}
	}
	if !t.all {
		return map[string]any{"accepted": true}
	}
	return map[string]any{"accepted": true, "status": "UpToDate", "advisories": []string{}}
}
