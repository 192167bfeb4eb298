package org.securemed.card.healthcard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.card.healthcard.HealthCardException.Reason;
import org.securemed.card.server.TestBridge;
import org.securemed.card.simulated.SettableClock;
import org.springframework.jdbc.core.simple.JdbcClient;

class HealthCardVerifierIT {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final String ISSUER = "https://health.example/clinic";

    private static TestBridge bridge;

    private final Publications published = new Publications();
    private final SettableClock clock = new SettableClock(NOW);
    private ECKey key = newKey();
    private HealthCardVerifier verifier;

    /** An issuer's web site in memory. */
    private static final class Publications implements IssuerDocuments {
        final Map<String, String> pages = new HashMap<>();
        final List<String> asked = new ArrayList<>();
        boolean away;

        @Override
        public byte[] fetch(String url) throws IOException {
            asked.add(url);
            String page = pages.get(url);
            if (away || page == null) {
                throw new IOException("not there");
            }
            return page.getBytes(StandardCharsets.UTF_8);
        }
    }

    @BeforeAll
    static void start() {
        bridge = new TestBridge("--securemed.bridge.base-url=https://bridge.example");
    }

    @AfterAll
    static void stop() {
        bridge.close();
    }

    @BeforeEach
    void set() {
        JdbcClient database = bridge.context().getBean(JdbcClient.class);
        database.sql("delete from card.issuer_document").update();
        publish(key, null);
        verifier = new HealthCardVerifier(
                "https://bridge.example",
                bridge.context().getBean(IssuerKeys.class),
                bridge.context().getBean(IssuedCards.class),
                new TrustedIssuers(
                        List.of(ISSUER), published, database, Duration.ofHours(1), Duration.ofDays(30), clock),
                Duration.ofSeconds(5),
                clock);
    }

    private static ECKey newKey() {
        try {
            return new ECKeyGenerator(Curve.P_256)
                    .keyIDFromThumbprint(true)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.ES256)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param listVersion null: the issuer takes no card of this key back */
    private void publish(ECKey jwk, @Nullable Integer listVersion) {
        String text = jwk.toPublicJWK().toJSONString();
        published.pages.put(
                ISSUER + "/.well-known/jwks.json",
                listVersion == null
                        ? "{\"keys\":[%s]}".formatted(text)
                        : "{\"keys\":[%s,\"crlVersion\":%d}]}"
                                .formatted(text.substring(0, text.length() - 1), listVersion));
    }

    private void revoke(long version, String... entries) {
        published.pages.put(
                ISSUER + "/.well-known/crl/" + key.getKeyID() + ".json",
                "{\"kid\":\"%s\",\"method\":\"rid\",\"ctr\":%d,\"rids\":[%s]}"
                        .formatted(
                                key.getKeyID(),
                                version,
                                List.of(entries).stream()
                                        .map(entry -> "\"" + entry + "\"")
                                        .reduce((a, b) -> a + "," + b)
                                        .orElse("")));
    }

    private static String payload(String times) {
        return payload(ISSUER, times);
    }

    private static String payload(String issuer, String times) {
        return """
                {"iss":"%s",%s,"vc":{"type":["https://smarthealth.cards#health-card"],"credentialSubject":{
                "fhirVersion":"4.0.1","fhirBundle":{"resourceType":"Bundle","type":"collection","entry":[]}},"rid":"abc"}}""".formatted(issuer, times);
    }

    private String signed(String payload) {
        return signed(Deflate.deflated(payload.getBytes(StandardCharsets.UTF_8)), header -> header);
    }

    private String signed(byte[] packed, UnaryOperator<JWSHeader.Builder> change) {
        JWSHeader.Builder header =
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).customParam("zip", "DEF");
        JWSObject jws = new JWSObject(change.apply(header).build(), new Payload(packed));
        try {
            jws.sign(new ECDSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return jws.serialize();
    }

    private Reason refused(String jws) {
        return catchThrowableOfType(HealthCardException.class, () -> verifier.verify(jws))
                .reason();
    }

    @Test
    void a_card_of_a_trusted_issuer_is_accepted_with_a_fractional_nbf() throws Exception {
        VerifiedCard card = verifier.verify(signed(payload("\"nbf\":1715107763.677")));
        assertThat(card.notBefore()).isEqualTo(Instant.parse("2024-05-07T18:49:23.677Z"));
        assertThat(card.revocationsAsOf()).isNull();
    }

    @Test
    void of_an_issuer_that_is_not_trusted_nothing_is_asked() {
        for (String issuer : List.of(
                "https://evil.example",
                ISSUER + "/",
                ISSUER + "/../evil",
                "http://health.example/clinic",
                "https://169.254.169.254/latest",
                "file:///etc/passwd",
                "")) {
            assertThat(refused(signed(payload(issuer, "\"nbf\":1")))).isEqualTo(Reason.ISSUER_UNTRUSTED);
        }
        assertThat(published.asked).isEmpty();
    }

    @Test
    void a_card_counts_from_its_beginning_to_its_end() throws Exception {
        long now = NOW.getEpochSecond();
        assertThat(refused(signed(payload("\"nbf\":%d.5".formatted(now + 5))))).isEqualTo(Reason.NOT_YET_VALID);
        assertThat(verifier.verify(signed(payload("\"nbf\":%d".formatted(now + 5)))))
                .isNotNull();
        assertThat(refused(signed(payload("\"nbf\":1,\"exp\":%d".formatted(now)))))
                .isEqualTo(Reason.EXPIRED);
        assertThat(verifier.verify(signed(payload("\"nbf\":1,\"exp\":%d.5".formatted(now)))))
                .isNotNull();
    }

    @Test
    void times_that_are_none_are_refused() {
        for (String time : List.of("\"1\"", "-1", "1e400", "1e15", "null", "[1]", "true")) {
            assertThat(refused(signed(payload("\"nbf\":" + time)))).as(time).isEqualTo(Reason.MALFORMED);
        }
    }

    @Test
    void an_algorithm_other_than_es256_is_refused_whatever_the_signature() throws Exception {
        String card = signed(payload("\"nbf\":1"));
        String rest = card.substring(card.indexOf('.'));
        for (String algorithm : List.of("none", "HS256", "ES384", "RS256")) {
            String header = Base64URL.encode(
                            "{\"alg\":\"%s\",\"zip\":\"DEF\",\"kid\":\"%s\"}".formatted(algorithm, key.getKeyID()))
                    .toString();
            assertThat(refused(header + rest)).as(algorithm).isEqualTo(Reason.ALGORITHM);
        }
        // The public key taken for a shared secret.
        JWSObject mac = new JWSObject(
                new JWSHeader.Builder(JWSAlgorithm.HS256)
                        .keyID(key.getKeyID())
                        .customParam("zip", "DEF")
                        .build(),
                new Payload(Deflate.deflated(payload("\"nbf\":1").getBytes(StandardCharsets.UTF_8))));
        mac.sign(new MACSigner(key.toPublicJWK().toJSONString()));
        assertThat(refused(mac.serialize())).isEqualTo(Reason.ALGORITHM);
    }

    @Test
    void a_bomb_is_not_unpacked() {
        byte[] packed = Deflate.deflated(new byte[64 << 20]);
        assertThat(packed.length).isLessThan(100_000);
        assertThat(refused(signed(packed, header -> header))).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused("a".repeat(300_000) + ".b.c")).isEqualTo(Reason.TOO_LARGE);
    }

    @Test
    void whatever_deviates_in_form_is_refused() {
        byte[] good = Deflate.deflated(payload("\"nbf\":1").getBytes(StandardCharsets.UTF_8));
        byte[] plain = payload("\"nbf\":1").getBytes(StandardCharsets.UTF_8);
        assertThat(refused(signed(plain, header -> header))).isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed(good, header -> header.customParam("zip", "GZIP"))))
                .isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed(good, header -> header.keyID("short")))).isEqualTo(Reason.MALFORMED);
        byte[] longer = java.util.Arrays.copyOf(good, good.length + 1);
        assertThat(refused(signed(longer, header -> header))).isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed(payload("\"nbf\":1,\"nbf\":2")))).isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed(payload("\"nbf\":1").replace("#health-card", "#other"))))
                .isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed(payload("\"nbf\":1") + " {}"))).isEqualTo(Reason.MALFORMED);
        assertThat(refused(signed("\ufeff" + payload("\"nbf\":1")))).isEqualTo(Reason.MALFORMED);
        String card = signed(payload("\"nbf\":1"));
        assertThat(refused(card + "=")).isEqualTo(Reason.MALFORMED);
        assertThat(refused(card.substring(0, card.length() - 8))).isEqualTo(Reason.MALFORMED);
        assertThat(refused("")).isEqualTo(Reason.MALFORMED);
    }

    @Test
    void what_a_card_must_hold_is_there_and_of_its_kind() throws Exception {
        String good = payload("\"nbf\":1");
        assertThat(verifier.verify(signed(good))).isNotNull();
        for (String bad : List.of(
                good.replace("\"" + ISSUER + "\"", "7"),
                good.replace("\"resourceType\":\"Bundle\"", "\"resourceType\":\"Patient\""),
                good.replace("\"fhirVersion\":\"4.0.1\",", ""),
                good.replace("\"fhirVersion\":\"4.0.1\"", "\"fhirVersion\":4"),
                good.replace("\"rid\":\"abc\"", "\"rid\":\"%s\"".formatted("a".repeat(25))),
                good.replace("\"rid\":\"abc\"", "\"rid\":\"a.1\""),
                good.replace("\"rid\":\"abc\"", "\"rid\":7"),
                good.replace("\"vc\"", "\"credential\""))) {
            assertThat(bad).isNotEqualTo(good);
            assertThat(refused(signed(bad.replace("\n", "")))).as(bad).isEqualTo(Reason.MALFORMED);
        }
        byte[] packed = Deflate.deflated(good.getBytes(StandardCharsets.UTF_8));
        assertThat(refused(signed(
                        packed,
                        header -> header.criticalParams(Set.of("urgent")).customParam("urgent", true))))
                .isEqualTo(Reason.MALFORMED);
    }

    @Test
    void a_card_is_spelled_in_one_way() throws Exception {
        // 64 bytes are 86 characters of base64url, of whose last one four bits mean nothing.
        String card = signed(payload("\"nbf\":1"));
        char last = card.charAt(card.length() - 1);
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        String other = card.substring(0, card.length() - 1) + alphabet.charAt(alphabet.indexOf(last) + 1);
        assertThat(verifier.verify(card)).isNotNull();
        assertThat(refused(other)).isEqualTo(Reason.MALFORMED);
    }

    @Test
    void a_signature_of_another_key_under_this_key_id_is_refused() {
        ECKey right = key;
        key = newKey();
        String forged = signed(
                Deflate.deflated(payload("\"nbf\":1").getBytes(StandardCharsets.UTF_8)),
                header -> header.keyID(right.getKeyID()));
        assertThat(refused(forged)).isEqualTo(Reason.SIGNATURE);
    }

    @Test
    void a_key_that_is_not_named_by_its_thumbprint_is_no_key() {
        ECKey other = newKey();
        published.pages.put(
                ISSUER + "/.well-known/jwks.json",
                "{\"keys\":[%s]}"
                        .formatted(new ECKey.Builder(other)
                                .keyID(key.getKeyID())
                                .build()
                                .toPublicJWK()
                                .toJSONString()));
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.KEY_UNKNOWN);
    }

    @Test
    void a_key_that_is_not_for_signing_with_es256_or_shows_its_private_half_is_no_key() {
        String good = key.toPublicJWK().toJSONString();
        for (String bad : List.of(
                good.replace("\"use\":\"sig\",", ""),
                good.replace("\"use\":\"sig\"", "\"use\":\"enc\""),
                good.replace(",\"alg\":\"ES256\"", ""),
                good.replace("ES256", "ES384"),
                key.toJSONString())) {
            assertThat(bad).isNotEqualTo(good);
            bridge.context()
                    .getBean(JdbcClient.class)
                    .sql("delete from card.issuer_document")
                    .update();
            published.pages.put(ISSUER + "/.well-known/jwks.json", "{\"keys\":[%s]}".formatted(bad));
            assertThat(refused(signed(payload("\"nbf\":1")))).as(bad).isEqualTo(Reason.KEY_UNKNOWN);
        }
    }

    @Test
    void an_issuer_that_is_away_is_asked_once_a_minute_and_nobody_waits_for_it() throws Exception {
        publish(key, 1);
        revoke(1, "other");
        verifier.verify(signed(payload("\"nbf\":1")));
        published.away = true;
        clock.pass(Duration.ofHours(2));
        published.asked.clear();
        for (int i = 0; i < 10; i++) {
            verifier.verify(signed(payload("\"nbf\":1")));
            ECKey right = key;
            key = newKey();
            assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.KEY_UNKNOWN);
            key = right;
        }
        assertThat(published.asked).containsExactlyInAnyOrder(jwks(), list());
        published.away = false;
        revoke(2, "abc");
        publish(key, 2);
        clock.pass(Duration.ofSeconds(61));
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.REVOKED);
    }

    private static String jwks() {
        return ISSUER + "/.well-known/jwks.json";
    }

    private String list() {
        return ISSUER + "/.well-known/crl/" + key.getKeyID() + ".json";
    }

    @Test
    void whoever_invents_key_ids_does_not_make_us_ask_each_time() {
        published.pages.put(ISSUER + "/.well-known/jwks.json", "{\"keys\":[]}");
        for (int i = 0; i < 50; i++) {
            key = newKey();
            assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.KEY_UNKNOWN);
        }
        assertThat(published.asked).hasSize(1);
        clock.pass(Duration.ofMinutes(6));
        publish(key, null);
        assertThat(catchThrowableOfType(HealthCardException.class, () -> verifier.verify(signed(payload("\"nbf\":1")))))
                .isNull();
    }

    @Test
    void a_card_that_its_issuer_took_back_is_refused() throws Exception {
        publish(key, 3);
        revoke(3, "other", "abc");
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.REVOKED);
    }

    @Test
    void a_revocation_list_counts_in_whatever_version() {
        publish(key, 0);
        revoke(0, "abc");
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.REVOKED);
    }

    @Test
    void a_revocation_whose_time_is_none_is_of_all_cards() {
        publish(key, 3);
        for (String time : List.of("", "NaN", "soon", "-1", "1e1", "0x1p3")) {
            bridge.context()
                    .getBean(JdbcClient.class)
                    .sql("delete from card.issuer_document")
                    .update();
            revoke(3, "abc." + time);
            assertThat(refused(signed(payload("\"nbf\":1715107763.677"))))
                    .as(time)
                    .isEqualTo(Reason.REVOKED);
        }
    }

    @Test
    void a_revocation_with_a_time_is_of_the_cards_before_it() throws Exception {
        publish(key, 3);
        revoke(3, "abc.1664492124");
        assertThat(refused(signed(payload("\"nbf\":1664492123.9")))).isEqualTo(Reason.REVOKED);
        assertThat(verifier.verify(signed(payload("\"nbf\":1715107763.677"))).revocationsAsOf())
                .isEqualTo(NOW);
    }

    @Test
    void a_revocation_list_older_than_the_issuer_says_or_of_another_key_or_method_is_not_taken() {
        publish(key, 4);
        revoke(3);
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.ISSUER_UNAVAILABLE);
        revoke(4);
        String good = java.util.Objects.requireNonNull(published.pages.get(list()));
        for (String bad : List.of(
                good.replace(key.getKeyID(), newKey().getKeyID()),
                good.replace("\"rid\"", "\"other\""),
                good.replace("[]", "{}"),
                "[]",
                "<p>Welcome")) {
            assertThat(bad).isNotEqualTo(good);
            bridge.context()
                    .getBean(JdbcClient.class)
                    .sql("delete from card.issuer_document where url like '%/crl/%'")
                    .update();
            clock.pass(Duration.ofMinutes(2));
            published.pages.put(list(), bad);
            assertThat(refused(signed(payload("\"nbf\":1")))).as(bad).isEqualTo(Reason.ISSUER_UNAVAILABLE);
        }
    }

    @Test
    void without_a_connection_what_was_known_counts_and_says_its_age_until_it_is_too_old() throws Exception {
        publish(key, 1);
        revoke(1, "other");
        assertThat(verifier.verify(signed(payload("\"nbf\":1"))).keysAsOf()).isEqualTo(NOW);
        published.away = true;
        clock.pass(Duration.ofDays(29));
        VerifiedCard card = verifier.verify(signed(payload("\"nbf\":1")));
        assertThat(card.keysAsOf()).isEqualTo(NOW);
        assertThat(card.revocationsAsOf()).isEqualTo(NOW);
        clock.pass(Duration.ofDays(2));
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.ISSUER_UNAVAILABLE);
    }

    @Test
    void a_revocation_reaches_us_within_the_refresh_time() throws Exception {
        publish(key, 1);
        revoke(1, "other");
        assertThat(verifier.verify(signed(payload("\"nbf\":1")))).isNotNull();
        publish(key, 2);
        revoke(2, "other", "abc");
        clock.pass(Duration.ofMinutes(61));
        assertThat(refused(signed(payload("\"nbf\":1")))).isEqualTo(Reason.REVOKED);
    }

    @Test
    void a_card_that_was_split_is_read_in_any_order_and_not_with_parts_missing_or_foreign() throws Exception {
        String digits = NumericForm.of(signed(payload("\"nbf\":1"))).substring("shc:/".length());
        int half = digits.length() / 2;
        String first = "shc:/1/2/" + digits.substring(0, half);
        String second = "shc:/2/2/" + digits.substring(half);
        assertThat(verifier.verifyCodes(List.of(second, first))).isNotNull();
        for (List<String> wrong : List.of(
                List.of(first),
                List.of(first, first),
                List.of(first, second, second),
                List.of(first, "shc:/2/3/" + digits.substring(half)),
                List.of("shc:/" + digits + "1"),
                List.of("shc:/99"),
                List.of("shc:/" + "1".repeat(40_000)),
                List.<String>of())) {
            assertThat(catchThrowableOfType(HealthCardException.class, () -> verifier.verifyCodes(wrong)))
                    .isNotNull();
        }
    }
}
