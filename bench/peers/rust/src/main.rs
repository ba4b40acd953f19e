//! Driver of the crate dcap-qvl: peer QUOTE COLLATERAL SECONDS [ROOT]; what it is asked: bench/peers/README.md.
use std::fs;
use std::io::{self, BufRead, Write};

use anyhow::{Context, Result};
use base64::{engine::general_purpose::STANDARD, Engine};
use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::QuoteCollateralV3;

fn collateral(text: &str) -> Result<QuoteCollateralV3> {
    let json: serde_json::Value = serde_json::from_str(text)?;
    let string = |name: &str| -> Result<String> { Ok(json[name].as_str().context("member")?.to_string()) };
    let bytes = |name: &str| -> Result<Vec<u8>> { Ok(hex::decode(string(name)?)?) };
    Ok(QuoteCollateralV3 {
        pck_crl_issuer_chain: string("pck_crl_issuer_chain")?,
        root_ca_crl: bytes("root_ca_crl")?,
        pck_crl: bytes("pck_crl")?,
        tcb_info_issuer_chain: string("tcb_info_issuer_chain")?,
        tcb_info: string("tcb_info")?,
        tcb_info_signature: bytes("tcb_info_signature")?,
        qe_identity_issuer_chain: string("qe_identity_issuer_chain")?,
        qe_identity: string("qe_identity")?,
        qe_identity_signature: bytes("qe_identity_signature")?,
        pck_certificate_chain: None,
    })
}

struct Peer {
    quote: Vec<u8>,
    text: String,
    collateral: QuoteCollateralV3,
    now: u64,
    root: Option<Vec<u8>>,
    verifier: QuoteVerifier,
}

impl Peer {
    fn verifier(root: &Option<Vec<u8>>) -> QuoteVerifier {
        root.as_ref().map_or_else(QuoteVerifier::new_prod, |der| QuoteVerifier::new(der.clone()))
    }

    fn warm(&self) -> Result<()> {
        self.verifier.verify(&self.quote, &self.collateral, self.now).map(drop)
    }

    fn cold(&self) -> Result<()> {
        Self::verifier(&self.root).verify(&self.quote, &collateral(&self.text)?, self.now).map(drop)
    }

    fn judge(&self, quote: &[u8]) -> serde_json::Value {
        match self.verifier.verify(quote, &self.collateral, self.now) {
            Ok(r) => serde_json::json!({"accepted": true, "status": r.status, "advisories": r.advisory_ids}),
            Err(e) => serde_json::json!({"accepted": false, "why": format!("{e:#}")}),
        }
    }

    fn answer(&self, line: &str) -> Result<String> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "warm" => (0..rest.parse::<u64>()?).try_for_each(|_| self.warm())?,
            "cold" => (0..rest.parse::<u64>()?).try_for_each(|_| self.cold())?,
            _ if rest.is_empty() => return Ok(self.judge(&self.quote).to_string()),
            _ => return Ok(self.judge(&STANDARD.decode(rest)?).to_string()),
        }
        Ok("done".into())
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let text = fs::read_to_string(&args[2])?;
    let root = args.get(4).map(fs::read).transpose()?;
    let peer = Peer {
        quote: fs::read(&args[1])?,
        collateral: collateral(&text)?,
        text,
        now: args[3].parse()?,
        verifier: Peer::verifier(&root),
        root,
    };
    for line in io::stdin().lock().lines() {
        println!("{}", peer.answer(&line?)?);
        io::stdout().flush()?;
    }
    Ok(())
}
