// The official JavaScript client against a running attestd; prints one line a check.  Usage: client.mjs SCENE
import { execFileSync } from "node:child_process";
import { createHash, createVerify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import sdk from "@azure/attestation";

const scene = JSON.parse(readFileSync(process.argv[2], "utf8"));
const keys = scene.keys;
const TYPE = "SevSnpVm";
const POLICY = "version= 1.0;\nauthorizationrules{[type==\"x-ms-attestation-type\"] => permit();};";
const SIGNED = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { };";

function check(ok, name, shown) {
	console.log(`${ok ? "ok" : "not ok"} ${name}`);
	if (!ok)
		console.log(`# found: ${shown instanceof Error ? shown.stack : JSON.stringify(shown)}`);
}

// One check: the steps either return [good, shown], or throw.
async function step(name, run) {
	try {
		const [good, shown] = await run();
		check(good, name, shown);
	} catch (e) {
		check(false, name, e);
	}
}

async function refused(name, status, code, run) {
	try {
		check(false, name, await run());
	} catch (e) {
		check(e.statusCode === status && e.code === code, name, e);
	}
}

function optionsFor(place) {
	return {
		retryOptions: { maxRetries: 0 },
		validationOptions: {
			validateToken: true, validateExpirationTime: true, validateNotBeforeTime: true,
			validateIssuer: true, expectedIssuer: place.issuer,
		},
	};
}

const bearer = (token) => ({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3600000 }) });

function admin(place, token = place.contributor) {
	return new sdk.AttestationAdministrationClient(place.url, bearer(token), optionsFor(place));
}

const by = (pair) => ({ privateKey: pair.key, certificate: pair.certificate });
const sameCertificate = (pem, pair) => pem !== undefined &&
	new X509Certificate(pem).fingerprint256 === new X509Certificate(pair.certificate).fingerprint256;

// Sets a policy, compares the hash the server saw with our own, and reads it back.
async function setAndRead(client, text, pair) {
	const signing = pair ? by(pair) : {};
	const { body } = await client.setPolicy(TYPE, text, signing);
	const jws = sdk.createAttestationPolicyToken(text, signing.privateKey, signing.certificate).serialize();
	const own = createHash("sha256").update(jws).digest();
	// An ECDSA signature differs each time, so that hash cannot be made again.
	const repeatable = pair !== keys.ec;
	const back = (await client.getPolicy(TYPE)).body;
	const signer = pair ? sameCertificate(body.policySigner?.certificates[0], pair) :
		body.policySigner === undefined;
	const sameHash = !repeatable || own.equals(Buffer.from(body.policyTokenHash));
	return [body.policyResolution === "Updated" && sameHash && signer && back === text, { body, back }];
}

async function metadata(label, place) {
	const client = new sdk.AttestationClient(place.url, optionsFor(place));
	await step(`${label}: openid metadata`, async () => {
		const found = await client.getOpenIdMetadata();
		return [found.issuer === place.issuer && found.jwks_uri === `${place.issuer}/certs`, found];
	});
	await step(`${label}: signers`, async () => {
		const found = await client.getAttestationSigners();
		return [found.length >= 1 && found.every((s) => s.keyId && s.certificates.length), found];
	});
	for (const type of ["SgxEnclave", "OpenEnclave", TYPE])
		await step(`${label}: default policy of ${type}`, async () => {
			const { body } = await admin(place).getPolicy(type);
			return [body.includes("permit()"), body];
		});
}

async function authorisation(label, place, other) {
	const reader = admin(place, place.reader);
	await step(`${label}: a reader reads`, async () => [(await reader.getPolicy(TYPE)).body.length > 0]);
	await refused(`${label}: a reader sets nothing`, 401, "Unauthorized",
		() => reader.setPolicy(TYPE, POLICY));
	const wrong = { "a wrong token": "x".repeat(43), "the other provider's token": other.contributor };
	for (const [who, token] of Object.entries(wrong)) {
		await refused(`${label}: ${who} reads nothing`, 401, "Unauthorized",
			() => admin(place, token).getPolicy(TYPE));
		await refused(`${label}: ${who} sets nothing`, 401, "Unauthorized",
			() => admin(place, token).setPolicy(TYPE, POLICY, by(keys.signer)));
	}
}

async function aad(place) {
	const client = admin(place);
	const standard = (await client.getPolicy(TYPE)).body;
	await step("aad: set unsigned", () => setAndRead(client, POLICY));
	for (const name of ["signer", "stranger", "ec"])
		await step(`aad: set signed by ${name}`, () => setAndRead(client, SIGNED, keys[name]));
	await refused("aad: a policy that does not parse", 400, "PolicyParsingError",
		() => client.setPolicy(TYPE, "version= 1.0;authorizationrules{"));
	await step("aad: the refused one changed nothing",
		async () => [(await client.getPolicy(TYPE)).body === SIGNED]);
	for (const pair of [undefined, keys.signer])
		await step(`aad: reset ${pair ? "signed" : "unsigned"}`, async () => {
			const { body } = await client.resetPolicy(TYPE, pair && by(pair));
			return [body.policyResolution === "Removed" && (await client.getPolicy(TYPE)).body === standard, body];
		});
	await step("aad: no certificates", async () => {
		const { body } = await client.getPolicyManagementCertificates();
		return [body.length === 0, body];
	});
	for (const call of ["addPolicyManagementCertificate", "removePolicyManagementCertificate"])
		await refused(`aad: ${call} is disallowed`, 400, "InvalidOperation",
			() => client[call](keys.second.certificate, keys.signer.key, keys.signer.certificate));
}

async function isolatedPolicies(client) {
	const standard = (await client.getPolicy(TYPE)).body;
	await refused("isolated: set unsigned", 400, "InvalidOperation", () => client.setPolicy(TYPE, POLICY));
	for (const name of ["stranger", "second", "ec"])
		await refused(`isolated: set signed by ${name}`, 400, "InvalidParameter",
			() => client.setPolicy(TYPE, POLICY, by(keys[name])));
	await step("isolated: the refused ones changed nothing",
		async () => [(await client.getPolicy(TYPE)).body === standard]);
	await step("isolated: set signed by signer", () => setAndRead(client, SIGNED, keys.signer));
	await refused("isolated: reset unsigned", 400, "InvalidOperation", () => client.resetPolicy(TYPE));
	await refused("isolated: reset signed by stranger", 400, "InvalidParameter",
		() => client.resetPolicy(TYPE, by(keys.stranger)));
	await step("isolated: reset signed by signer", async () => {
		const { body } = await client.resetPolicy(TYPE, by(keys.signer));
		return [body.policyResolution === "Removed" && (await client.getPolicy(TYPE)).body === standard, body];
	});
}

async function isolatedCertificates(client) {
	const listed = async (...wanted) => {
		const { body } = await client.getPolicyManagementCertificates();
		return body.length === wanted.length &&
			wanted.every((pair) => body.some((s) => sameCertificate(s.certificates[0], pair)));
	};
	const change = async (call, pair, resolution, ...after) => {
		const { body } = await client[call](pair.certificate, keys.signer.key, keys.signer.certificate);
		return [body.certificateResolution === resolution && body.certificateThumbprint === pair.sha1 &&
			await listed(...after), body];
	};
	const add = "addPolicyManagementCertificate", remove = "removePolicyManagementCertificate";
	const { signer, second, stranger, ec } = keys;
	await step("isolated: the configured certificate", async () => [await listed(signer)]);
	await refused("isolated: add signed by stranger", 400, "InvalidParameter",
		() => client[add](stranger.certificate, stranger.key, stranger.certificate));
	await step("isolated: add", () => change(add, second, "IsPresent", signer, second));
	await step("isolated: add again", () => change(add, second, "IsPresent", signer, second));
	await step("isolated: add ec", () => change(add, ec, "IsPresent", signer, second, ec));
	for (const name of ["second", "ec"])
		await step(`isolated: set signed by the added ${name}`, () => setAndRead(client, SIGNED, keys[name]));
	await step("isolated: remove", () => change(remove, second, "IsAbsent", signer, ec));
	await step("isolated: remove ec", () => change(remove, ec, "IsAbsent", signer));
	await refused("isolated: set signed by the removed one", 400, "InvalidParameter",
		() => client.setPolicy(TYPE, POLICY, by(second)));
	await refused("isolated: remove the last", 400, "InvalidOperation",
		() => client[remove](signer.certificate, signer.key, signer.certificate));
}

const bytes = (text) => text === null ? undefined : new Uint8Array(Buffer.from(text, "base64"));
const sameBytes = (a, b) => Buffer.from(a ?? []).equals(Buffer.from(b ?? []));

// The recorded and simulated evidence; the client validates each token itself.
async function attest(place) {
	const client = new sdk.AttestationClient(place.url, optionsFor(place));
	const calls = { sgx: "attestSgxEnclave", oe: "attestOpenEnclave" };
	for (const c of place.cases) {
		const runtime = bytes(c.runtime), inittime = bytes(c.inittime);
		const data = c.json ? { runTimeJson: runtime, initTimeJson: inittime } :
			{ runTimeData: runtime, initTimeData: inittime };
		const run = () => client[calls[c.call]](bytes(c.evidence),
			{ ...data, draftPolicyForAttestation: c.draft ?? undefined });
		if (c.status !== 200) {
			await refused(`attest ${c.name}`, c.status, c.code, run);
			continue;
		}
		await step(`attest ${c.name}`, async () => {
			const { body, token } = await run();
			const claims = { mrenclave: body.mrEnclave, mrsigner: body.mrSigner, debug: body.isDebuggable,
				product: body.productId, svn: body.svn };
			// the recorded data ends with a NUL
			const parsed = (data) => JSON.parse(Buffer.from(data).toString().replace(/\0+$/, ""));
			const good = [
				JSON.stringify(claims) === JSON.stringify(c.claims), body.issuer === place.issuer,
				body.sgxCollateral?.quotehash === createHash("sha256").update(bytes(c.evidence)).digest("hex"),
				(token.algorithm === "none") === (c.draft !== null),
				!c.runtime || c.draft || (c.json ? isDeepStrictEqual(body.runTimeClaims, parsed(runtime)) :
					sameBytes(body.enclaveHeldData, runtime)),
				!c.inittime || !c.json || c.draft || isDeepStrictEqual(body.initTimeClaims, parsed(inittime)),
			];
			return [good.every((g) => g), { good, body, claims }];
		});
	}
}

// Message 2 by a TPM of software.
function made(place, challenge, keywords) {
	const { challenge: bytes, service_context: context } = JSON.parse(challenge).payload;
	const line = JSON.stringify({ challenge: bytes, service_context: context, ...keywords });
	const out = execFileSync(place.maker[0], place.maker.slice(1), { input: `${line}\n`, maxBuffer: 1 << 24 });
	return Buffer.from(out.toString().split("\n")[1], "base64url").toString();
}

function isSigned(signers, jwt) {
	const [head, body, signature] = jwt.split(".");
	const { kid } = JSON.parse(Buffer.from(head, "base64url"));
	const signer = signers.find((s) => s.keyId === kid);
	const { publicKey } = new X509Certificate(signer.certificates[0]);
	return createVerify("sha256").update(`${head}.${body}`).verify(publicKey, signature, "base64url");
}

async function reported(place, client, answer) {
	const jwt = JSON.parse(answer).payload.report;
	const found = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
	const good = [
		isSigned(await client.getAttestationSigners(), jwt), found.iss === place.issuer,
		found.rp_data === place.rp, found.nonce === place.rp, isDeepStrictEqual(found.cnf, { jwk: place.key }),
		Object.entries(place.claims).every(([name, value]) => found[name] === value),
	];
	return [good.every((g) => g), { good, found }];
}

// One message 2 for a new challenge, or the one before again; the message.
async function measured(place, client, c, last) {
	const message = c.again ? last : made(place, await client.attestTpm(place.init), c.keywords);
	const name = `tpm: ${c.name}`;
	if (c.status !== 200)
		await refused(name, c.status, c.code, () => client.attestTpm(message));
	else
		await step(name, async () => reported(place, client, await client.attestTpm(message)));
	return message;
}

// Both rounds of attestTpm, around a policy that is set in between.
async function tpm(place) {
	const client = new sdk.AttestationClient(place.url, bearer(place.reader), optionsFor(place));
	await step("tpm: a challenge", async () => {
		const found = JSON.parse(await client.attestTpm(place.init)).payload;
		return [Buffer.from(found.challenge, "base64url").length === 16 && found.service_context.length > 0, found];
	});
	await refused("tpm: no message of the protocol", 400, "InvalidParameter", () => client.attestTpm(place.unknown));
	for (const c of place.before)
		await measured(place, client, c);
	await step("tpm: set a policy", async () => {
		const { body } = await admin(place).setPolicy("Tpm", place.policy);
		const back = (await admin(place).getPolicy("Tpm")).body;
		return [body.policyResolution === "Updated" && back === place.policy, { body, back }];
	});
	let last;
	for (const c of place.cases)
		last = await measured(place, client, c, last);
}

for (const [label, other] of [["aad", "isolated"], ["isolated", "aad"]]) {
	await metadata(label, scene[label]);
	await authorisation(label, scene[label], scene[other]);
}
await aad(scene.aad);
await isolatedPolicies(admin(scene.isolated));
await isolatedCertificates(admin(scene.isolated));
await tpm(scene.tpm);
for (const place of scene.attest ?? [])
	await attest(place);
