// Driver of npm @phala/dcap-qvl: node peer.mjs QUOTE COLLATERAL SECONDS; what it is asked: bench/peers/README.md.
import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import qvl from '@phala/dcap-qvl';

const [quotePath, collateralPath, seconds] = process.argv.slice(2);
const quote = readFileSync(quotePath);
const text = readFileSync(collateralPath, 'utf8');
const kept = JSON.parse(text);
const now = Number(seconds);

function judge(bytes) {
  try {
    const r = qvl.verify(bytes, kept, now);
    return { accepted: true, status: r.status, advisories: r.advisory_ids };
  } catch (e) {
    return { accepted: false, why: [e.message, e.cause?.message].filter(Boolean).join(': ') };
  }
}

const words = {
  warm: (n) => { for (let i = 0; i < Number(n); i++) qvl.verify(quote, kept, now); return 'done'; },
  cold: (n) => { for (let i = 0; i < Number(n); i++) qvl.verify(quote, JSON.parse(text), now); return 'done'; },
  judge: (base64) => JSON.stringify(judge(base64 ? Buffer.from(base64, 'base64') : quote)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [word, rest] = line.split(' ');
  writeSync(1, `${words[word](rest)}\n`);
}
