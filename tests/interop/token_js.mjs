// Our tokens verified by `jose`, and tokens of `jose` for us.
//   node token_js.mjs check FILE    prints "ok ..." or "not ok ..." lines
//   node token_js.mjs make          prints the document that `make_token verify` reads
import { readFileSync } from 'node:fs';
import * as jose from 'jose';

const [, , mode, file] = process.argv;

async function expect(name, fn) {
  try {
    await fn();
    console.log(`ok ${name}`);
  } catch (err) {
    console.log(`not ok ${name}: ${err.message}`);
  }
}

async function refuse(name, code, fn) {
  await expect(name, async () => {
    try {
      await fn();
    } catch (err) {
      if (err.code === code) return;
      throw new Error(`refused with ${err.code}, want ${code}`);
    }
    throw new Error('was accepted');
  });
}

async function check(doc) {
  const keys = jose.createLocalJWKSet(doc.jwks);
  const wanted = { issuer: doc.issuer, audience: 'https://relying.test', typ: 'JWT',
    requiredClaims: ['exp', 'nbf', 'iat', 'jti', 'x-ms-ver'], currentDate: new Date(doc.now * 1000) };
  for (const { alg, token } of doc.tokens) {
    await expect(`${alg} by the JWK set`, async () => {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keys, { ...wanted, algorithms: [alg] });
      if (payload.text !== 'ä€' || payload['x-ms-ver'] !== '1.0' || payload.exp !== doc.now + 3600)
        throw new Error('claims differ');
      if (protectedHeader.jku !== `${doc.issuer}/certs`) throw new Error('jku differs');
    });
    await expect(`${alg} by the certificate of x5c[0]`, async () => {
      const { kid } = jose.decodeProtectedHeader(token);
      const jwk = doc.jwks.keys.find((k) => k.kid === kid);
      const pem = `-----BEGIN CERTIFICATE-----\n${jwk.x5c[0].match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;
      await jose.jwtVerify(token, await jose.importX509(pem, alg), wanted);
    });
    await refuse(`${alg} with a changed payload`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', async () => {
      const [h, p, s] = token.split('.');
      const claims = { ...JSON.parse(Buffer.from(p, 'base64url')), nonce: 'other' };
      const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
      await jose.jwtVerify(`${h}.${changed}.${s}`, keys, wanted);
    });
    await refuse(`${alg} after its time`, 'ERR_JWT_EXPIRED', () =>
      jose.jwtVerify(token, keys, { ...wanted, currentDate: new Date((doc.now + 3600) * 1000) }));
  }
}

async function make() {
  const issuer = 'https://verifier.test', now = 1700000000, jwks = { keys: [] }, tokens = [];
  for (const alg of ['RS256', 'ES256', 'ES384', 'ES512']) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    jwks.keys.push({ ...(await jose.exportJWK(publicKey)), kid: alg, use: 'sig', alg });
    const token = await new jose.SignJWT({ text: 'ä€' }).setProtectedHeader({ alg, kid: alg, typ: 'JWT' })
      .setIssuer(issuer).setIssuedAt(now).setNotBefore(now).setExpirationTime(now + 60).sign(privateKey);
    tokens.push({ alg, token });
  }
  console.log(JSON.stringify({ issuer, now, jwks, tokens }));
}

if (mode === 'make') await make();
else await check(JSON.parse(readFileSync(file, 'utf8')));
