// The official Java client against a running attestd.  Usage: Client SCENE; prints one line a check.
import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.util.BinaryData;
import com.azure.security.attestation.AttestationAdministrationClient;
import com.azure.security.attestation.AttestationAdministrationClientBuilder;
import com.azure.security.attestation.AttestationClient;
import com.azure.security.attestation.AttestationClientBuilder;
import com.azure.security.attestation.models.*;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;

public final class Client {
	static final AttestationType TYPE = AttestationType.fromString("SevSnpVm");
	static final String POLICY =
	    "version= 1.0;\nauthorizationrules{[type==\"x-ms-attestation-type\"] => permit();};";
	static final String SIGNED = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { };";
	static final RetryOptions ONCE = new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1)));
	static Map<String, Map<String, ?>> scene;

	/** A signing key with its certificate, and the thumbprint that the server is to tell. */
	record Pair(X509Certificate certificate, AttestationSigningKey key, String sha1) { }

	static void check(boolean ok, String name, Object shown) {
		System.out.println((ok ? "ok " : "not ok ") + name);
		if (!ok)
			System.out.println("# found: " + String.valueOf(shown).replace('\n', ' '));
	}

	/** One check: run is true, or it throws. */
	static void step(String name, Callable<Boolean> run) {
		try {
			check(run.call(), name, false);
		} catch (Exception e) {
			check(false, name, e + " " + Arrays.toString(e.getStackTrace()));
		}
	}

	static void refused(String name, int status, String code, Callable<?> run) {
		try {
			check(false, name, run.call());
		} catch (HttpResponseException e) {
			check(e.getResponse().getStatusCode() == status && e.getMessage().contains(code), name, e);
		} catch (Exception e) {
			check(false, name, e);
		}
	}

	static String at(String place, String member) {
		return (String)scene.get(place).get(member);
	}

	@SuppressWarnings("unchecked")
	static Pair pair(String name) throws Exception {
		var row = (Map<String, String>)scene.get("keys").get(name);
		var certificate = (X509Certificate)CertificateFactory.getInstance("X.509")
		    .generateCertificate(new ByteArrayInputStream(row.get("certificate").getBytes()));
		byte[] der = Base64.getMimeDecoder().decode(row.get("key").replaceAll("-----[^-]*-----", ""));
		PrivateKey key = KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
		    .generatePrivate(new PKCS8EncodedKeySpec(der));
		return new Pair(certificate, new AttestationSigningKey(certificate, key), row.get("sha1"));
	}

	static TokenCredential bearer(String text) {
		return request -> Mono.just(new AccessToken(text, OffsetDateTime.now().plusHours(1)));
	}

	static AttestationTokenValidationOptions strict(String place) {
		return new AttestationTokenValidationOptions().setExpectedIssuer(at(place, "issuer"));
	}

	static AttestationAdministrationClient admin(String place, String text) {
		return new AttestationAdministrationClientBuilder().endpoint(at(place, "url")).credential(bearer(text))
		    .retryOptions(ONCE).tokenValidationOptions(strict(place)).buildClient();
	}

	static AttestationAdministrationClient admin(String place) {
		return admin(place, at(place, "contributor"));
	}

	static AttestationPolicySetOptions options(String text, Pair by) {
		return new AttestationPolicySetOptions().setAttestationPolicy(text)
		    .setAttestationSigner(by == null ? null : by.key());
	}

	/** Sets a policy, compares the hash the server saw with our own, and reads it back. */
	static boolean setAndRead(AttestationAdministrationClient client, String text, Pair by) {
		PolicyResult result = client.setAttestationPolicy(TYPE, options(text, by));
		byte[] own = client.calculatePolicyTokenHash(text, by == null ? null : by.key()).toBytes();
		boolean signer = by == null ? result.getPolicySigner() == null :
		    result.getPolicySigner().getCertificates().get(0).equals(by.certificate());
		return PolicyModification.UPDATED.equals(result.getPolicyResolution()) && signer &&
		    Arrays.equals(own, result.getPolicyTokenHash().toBytes()) &&
		    text.equals(client.getAttestationPolicy(TYPE));
	}

	static boolean resetAndRead(AttestationAdministrationClient client, String standard, Pair by) {
		PolicyResult result = client.resetAttestationPolicy(TYPE, options(null, by));
		return PolicyModification.REMOVED.equals(result.getPolicyResolution()) &&
		    standard.equals(client.getAttestationPolicy(TYPE));
	}

	static void metadata(String place) {
		AttestationClient client = new AttestationClientBuilder().endpoint(at(place, "url")).retryOptions(ONCE)
		    .buildClient();
		step(place + ": openid metadata", () -> {
			AttestationOpenIdMetadata found = client.getOpenIdMetadata();
			return at(place, "issuer").equals(found.getIssuer()) &&
			    (at(place, "issuer") + "/certs").equals(found.getJsonWebKeySetUrl());
		});
		step(place + ": signers", () -> {
			List<AttestationSigner> found = client.listAttestationSigners().getAttestationSigners();
			return !found.isEmpty() && found.stream()
			    .allMatch(s -> s.getKeyId() != null && !s.getCertificates().isEmpty());
		});
		for (AttestationType type : List.of(AttestationType.SGX_ENCLAVE, AttestationType.OPEN_ENCLAVE, TYPE))
			step(place + ": default policy of " + type,
			    () -> admin(place).getAttestationPolicy(type).contains("permit()"));
		step(place + ": Tpm has an empty one", () -> {
			String text = admin(place).getAttestationPolicy(AttestationType.TPM);
			return text == null || text.isEmpty();
		});
	}

	static void authorisation(String place, String other) throws Exception {
		Pair signer = pair("signer");
		AttestationAdministrationClient reader = admin(place, at(place, "reader"));
		step(place + ": a reader reads", () -> !reader.getAttestationPolicy(TYPE).isEmpty());
		refused(place + ": a reader sets nothing", 401, "Unauthorized",
		    () -> reader.setAttestationPolicy(TYPE, POLICY));
		Map<String, String> wrong = Map.of("a wrong token", "x".repeat(43),
		    "the other provider's token", at(other, "contributor"));
		wrong.forEach((who, text) -> {
			AttestationAdministrationClient client = admin(place, text);
			refused(place + ": " + who + " reads nothing", 401, "Unauthorized",
			    () -> client.getAttestationPolicy(TYPE));
			refused(place + ": " + who + " sets nothing", 401, "Unauthorized",
			    () -> client.setAttestationPolicy(TYPE, options(POLICY, signer)));
		});
	}

	static void aad() throws Exception {
		AttestationAdministrationClient client = admin("aad");
		String standard = client.getAttestationPolicy(TYPE);
		Pair signer = pair("signer"), stranger = pair("stranger"), second = pair("second");
		step("aad: set unsigned", () -> setAndRead(client, POLICY, null));
		step("aad: set signed by signer", () -> setAndRead(client, SIGNED, signer));
		step("aad: set signed by stranger", () -> setAndRead(client, SIGNED, stranger));
		refused("aad: a policy that does not parse", 400, "PolicyParsingError",
		    () -> client.setAttestationPolicy(TYPE, "version= 1.0;authorizationrules{"));
		step("aad: the refused one changed nothing", () -> SIGNED.equals(client.getAttestationPolicy(TYPE)));
		step("aad: reset unsigned", () -> resetAndRead(client, standard, null));
		step("aad: reset signed", () -> resetAndRead(client, standard, signer));
		step("aad: no certificates",
		    () -> client.listPolicyManagementCertificates().getAttestationSigners().isEmpty());
		var change = new PolicyManagementCertificateOptions(second.certificate(), signer.key());
		refused("aad: add is disallowed", 400, "InvalidOperation",
		    () -> client.addPolicyManagementCertificate(change));
		refused("aad: remove is disallowed", 400, "InvalidOperation",
		    () -> client.deletePolicyManagementCertificate(change));
	}

	static void isolatedPolicies(AttestationAdministrationClient client) throws Exception {
		String standard = client.getAttestationPolicy(TYPE);
		Pair signer = pair("signer");
		refused("isolated: set unsigned", 400, "InvalidOperation",
		    () -> client.setAttestationPolicy(TYPE, POLICY));
		for (String name : List.of("stranger", "second")) {
			Pair by = pair(name);
			refused("isolated: set signed by " + name, 400, "InvalidParameter",
			    () -> client.setAttestationPolicy(TYPE, options(POLICY, by)));
		}
		step("isolated: the refused ones changed nothing",
		    () -> standard.equals(client.getAttestationPolicy(TYPE)));
		step("isolated: set signed by signer", () -> setAndRead(client, SIGNED, signer));
		refused("isolated: reset unsigned", 400, "InvalidOperation", () -> client.resetAttestationPolicy(TYPE));
		Pair stranger = pair("stranger");
		refused("isolated: reset signed by stranger", 400, "InvalidParameter",
		    () -> client.resetAttestationPolicy(TYPE, options(null, stranger)));
		step("isolated: reset signed by signer", () -> resetAndRead(client, standard, signer));
	}

	static boolean listed(AttestationAdministrationClient client, Pair... wanted) {
		var found = client.listPolicyManagementCertificates().getAttestationSigners().stream()
		    .map(s -> s.getCertificates().get(0)).toList();
		return found.size() == wanted.length &&
		    Arrays.stream(wanted).allMatch(w -> found.contains(w.certificate()));
	}

	static boolean changed(PolicyCertificatesModificationResult result, Pair pair,
	    CertificateModification wanted) {
		return wanted.equals(result.getCertificateResolution()) &&
		    Objects.equals(pair.sha1(), result.getCertificateThumbprint());
	}

	static boolean added(AttestationAdministrationClient client, Pair pair, Pair by) {
		return changed(client.addPolicyManagementCertificate(
		    new PolicyManagementCertificateOptions(pair.certificate(), by.key())), pair,
		    CertificateModification.IS_PRESENT);
	}

	static boolean removed(AttestationAdministrationClient client, Pair pair, Pair by) {
		return changed(client.deletePolicyManagementCertificate(
		    new PolicyManagementCertificateOptions(pair.certificate(), by.key())), pair,
		    CertificateModification.IS_ABSENT);
	}

	static void isolatedCertificates(AttestationAdministrationClient client) throws Exception {
		Pair signer = pair("signer"), second = pair("second"), stranger = pair("stranger"), ec = pair("ec");
		step("isolated: the configured certificate", () -> listed(client, signer));
		refused("isolated: add signed by stranger", 400, "InvalidParameter",
		    () -> added(client, stranger, stranger));
		step("isolated: add", () -> added(client, second, signer) && listed(client, signer, second));
		step("isolated: add again", () -> added(client, second, signer) && listed(client, signer, second));
		step("isolated: add ec", () -> added(client, ec, signer) && listed(client, signer, second, ec));
		step("isolated: set signed by the added second", () -> setAndRead(client, SIGNED, second));
		step("isolated: remove", () -> removed(client, second, signer) && listed(client, signer, ec));
		step("isolated: remove ec", () -> removed(client, ec, signer) && listed(client, signer));
		refused("isolated: set signed by the removed one", 400, "InvalidParameter",
		    () -> client.setAttestationPolicy(TYPE, options(POLICY, second)));
		refused("isolated: remove the last", 400, "InvalidOperation", () -> removed(client, signer, signer));
	}

	static byte[] bytes(Object text) {
		return text == null ? null : Base64.getDecoder().decode((String)text);
	}

	static AttestationData data(Object text, boolean json) {
		return text == null ? null : new AttestationData(BinaryData.fromBytes(bytes(text)),
		    json ? AttestationDataInterpretation.JSON : AttestationDataInterpretation.BINARY);
	}

	static AttestationOptions sent(Map<String, ?> c) {
		boolean json = (Boolean)c.get("json");
		return new AttestationOptions(BinaryData.fromBytes(bytes(c.get("evidence"))))
		    .setRunTimeData(data(c.get("runtime"), json)).setInitTimeData(data(c.get("inittime"), json))
		    .setDraftPolicyForAttestation((String)c.get("draft"));
	}

	/** The recorded data ends with a NUL. */
	static Object parsed(Object text) {
		return BinaryData.fromString(new String(bytes(text)).replaceAll("\0+$", "")).toObject(Object.class);
	}

	static boolean enclave(AttestationResult r, Map<?, ?> want) {
		return want.get("mrenclave").equals(r.getMrEnclave()) && want.get("mrsigner").equals(r.getMrSigner()) &&
		    Objects.equals(r.isDebuggable(), want.get("debug")) &&
		    r.getSvn() == ((Number)want.get("svn")).intValue() &&
		    r.getProductId() == ((Number)want.get("product")).intValue();
	}

	/** What was bound comes back, but for a draft policy that issues nothing of it. */
	static boolean bound(AttestationResult r, Map<String, ?> c) {
		boolean json = (Boolean)c.get("json");
		if (c.get("draft") != null || c.get("runtime") == null)
			return true;
		if (!json)
			return Arrays.equals(r.getEnclaveHeldData().toBytes(), bytes(c.get("runtime")));
		return parsed(c.get("runtime")).equals(r.getRuntimeClaims()) && (c.get("inittime") == null ||
		    parsed(c.get("inittime")).equals(r.getInitTimeClaims()));
	}

	/** The recorded and simulated evidence; the client validates each token itself. */
	@SuppressWarnings("unchecked")
	static void attest(Map<String, ?> place) {
		String issuer = (String)place.get("issuer");
		AttestationClient client = new AttestationClientBuilder().endpoint((String)place.get("url"))
		    .retryOptions(ONCE).tokenValidationOptions(
			new AttestationTokenValidationOptions().setExpectedIssuer(issuer)).buildClient();
		for (var c : (List<Map<String, ?>>)place.get("cases")) {
			String name = "attest " + c.get("name");
			Callable<AttestationResult> run = () -> c.get("call").equals("sgx") ?
			    client.attestSgxEnclave(sent(c)) : client.attestOpenEnclave(sent(c));
			int status = ((Number)c.get("status")).intValue();
			if (status != 200)
				refused(name, status, (String)c.get("code"), run);
			else
				step(name, () -> {
					AttestationResult r = run.call();
					return issuer.equals(r.getIssuer()) && enclave(r, (Map<?, ?>)c.get("claims")) &&
					    bound(r, c);
				});
		}
	}

	static byte[] decoded(String text) {
		return Base64.getUrlDecoder().decode(text);
	}

	@SuppressWarnings("unchecked")
	static Map<String, Object> object(byte[] json) {
		return BinaryData.fromBytes(json).toObject(Map.class);
	}

	/** What is inside the wrapping of an answer. */
	@SuppressWarnings("unchecked")
	static Map<String, Object> payload(String answer) {
		return (Map<String, Object>)object(answer.getBytes()).get("payload");
	}

	/** Message 2 by a TPM of software. */
	@SuppressWarnings("unchecked")
	static String made(Map<String, ?> place, String challenge, Map<String, ?> keywords) throws Exception {
		Map<String, Object> line = new HashMap<>(payload(challenge));
		line.putAll(keywords);
		Process maker = new ProcessBuilder((List<String>)place.get("maker")).start();
		try (var in = maker.getOutputStream()) {
			in.write((BinaryData.fromObject(line).toString() + "\n").getBytes());
		}
		String[] lines = new String(maker.getInputStream().readAllBytes()).split("\n");
		return new String(decoded(lines[1]));
	}

	static boolean isSigned(AttestationClient client, String[] parts) throws Exception {
		Object kid = object(decoded(parts[0])).get("kid");
		AttestationSigner signer = client.listAttestationSigners().getAttestationSigners().stream()
		    .filter(s -> s.getKeyId().equals(kid)).findFirst().orElseThrow();
		Signature verifier = Signature.getInstance("SHA256withRSA");
		verifier.initVerify(signer.getCertificates().get(0));
		verifier.update((parts[0] + "." + parts[1]).getBytes());
		return verifier.verify(decoded(parts[2]));
	}

	static boolean reported(Map<String, ?> place, AttestationClient client, String answer) throws Exception {
		String[] parts = ((String)payload(answer).get("report")).split("\\.");
		var found = object(decoded(parts[1]));
		return isSigned(client, parts) && place.get("issuer").equals(found.get("iss")) &&
		    place.get("rp").equals(found.get("rp_data")) && place.get("rp").equals(found.get("nonce")) &&
		    Map.of("jwk", place.get("key")).equals(found.get("cnf")) &&
		    found.entrySet().containsAll(((Map<?, ?>)place.get("claims")).entrySet());
	}

	/** One message 2 for a new challenge, or the one before again; the message. */
	@SuppressWarnings("unchecked")
	static String measured(Map<String, ?> place, AttestationClient client, Map<String, ?> c, String last)
	    throws Exception {
		String init = (String)place.get("init"), name = "tpm: " + c.get("name");
		String message = (Boolean)c.get("again") ? last :
		    made(place, client.attestTpm(init), (Map<String, ?>)c.get("keywords"));
		int status = ((Number)c.get("status")).intValue();
		if (status != 200)
			refused(name, status, (String)c.get("code"), () -> client.attestTpm(message));
		else
			step(name, () -> reported(place, client, client.attestTpm(message)));
		return message;
	}

	/** Both rounds of attestTpm, around a policy that is set in between. */
	@SuppressWarnings("unchecked")
	static void tpm() throws Exception {
		Map<String, ?> place = scene.get("tpm");
		AttestationClient client = new AttestationClientBuilder().endpoint(at("tpm", "url"))
		    .credential(bearer(at("tpm", "reader"))).retryOptions(ONCE)
		    .tokenValidationOptions(strict("tpm")).buildClient();
		step("tpm: a challenge", () -> {
			var found = payload(client.attestTpm(at("tpm", "init")));
			return decoded((String)found.get("challenge")).length == 16 &&
			    !((String)found.get("service_context")).isEmpty();
		});
		refused("tpm: no message of the protocol", 400, "InvalidParameter",
		    () -> client.attestTpm(at("tpm", "unknown")));
		for (var c : (List<Map<String, ?>>)place.get("before"))
			measured(place, client, c, null);
		step("tpm: set a policy", () -> {
			var result = admin("tpm").setAttestationPolicy(AttestationType.TPM, at("tpm", "policy"));
			return PolicyModification.UPDATED.equals(result.getPolicyResolution()) &&
			    at("tpm", "policy").equals(admin("tpm").getAttestationPolicy(AttestationType.TPM));
		});
		String last = null;
		for (var c : (List<Map<String, ?>>)place.get("cases"))
			last = measured(place, client, c, last);
	}

	@SuppressWarnings("unchecked")
	public static void main(String[] args) throws Exception {
		Map<String, Object> all = BinaryData.fromString(Files.readString(Path.of(args[0]))).toObject(Map.class);
		scene = (Map<String, Map<String, ?>>)(Map<?, ?>)all;
		for (String place : List.of("aad", "isolated")) {
			metadata(place);
			authorisation(place, place.equals("aad") ? "isolated" : "aad");
		}
		aad();
		isolatedPolicies(admin("isolated"));
		isolatedCertificates(admin("isolated"));
		tpm();
		for (var place : (List<Map<String, ?>>)all.getOrDefault("attest", List.of()))
			attest(place);
		System.exit(0);         // the HTTP client's threads would keep the program
	}
}
