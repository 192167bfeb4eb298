package org.securemed.fhir.consent.translate;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ca.uhn.fhir.context.FhirContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Resource;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.securemed.ledger.consent.AccessRequest;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentRecord;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ProvisionType;
import org.securemed.ledger.consent.Purposes;
import org.securemed.ledger.consent.Residual;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;
import org.securemed.ledger.consent.TransitionResult;

/**
 * Every example Consent that IHE PCF publishes, against requesters, purposes and resources. The expected values follow
 * from the examples' descriptions and notes pages; where the examples come from is said in {@code pcf/README.md}.
 */
class PcfExamplesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String TREATING = "Practitioner/ex-practitioner";
    private static final String CLERK = "Practitioner/ex-clerk";
    private static final String ALL = "alcohol encounter note psy sdv sugar weight";
    private static final String NORMAL = "encounter note sugar weight";

    /**
     * What is permitted to whom, by example. Requesters: {@code named} is Practitioner/ex-practitioner for treatment,
     * {@code other} another one, {@code payment} and {@code research} by purpose, {@code foobar} the research
     * organization for the policy's own purpose, {@code btg} ex-practitioner as privileged user,
     * {@code unprivileged-btg} another one. Who is not listed gets nothing.
     */
    private static final Map<String, Map<String, String>> EXPECTED = Map.ofEntries(
            entry("basic-treat", tpo(ALL)),
            entry("basic-ink", tpo(ALL)),
            entry("basic-treat-infant", tpo(ALL)),
            entry("basic-reject", Map.of()),
            entry("basic-research", Map.of("research", ALL)),
            entry("expired-treat", Map.of()),
            entry("intermediate-authoredby", tpo("note")),
            entry("intermediate-not-authoredby", tpo("alcohol encounter psy sdv sugar weight")),
            entry("intermediate-data", tpo("alcohol encounter sugar weight")),
            entry("intermediate-not-data", tpo("encounter note psy sdv sugar weight")),
            entry("intermediate-encounter", tpo("alcohol encounter sugar weight")),
            entry("intermediate-not-encounter", tpo("note psy sdv")),
            entry("intermediate-timeframe", tpo("alcohol note")),
            // The Encounter has no date at all: whether it is of 2022 is unknown, and what is unknown is not shown.
            entry("intermediate-not-timeframe", tpo("psy sdv sugar weight")),
            entry("intermediate-purpose", Map.of("foobar", ALL)),
            entry("advanced-normal", tpo(NORMAL)),
            entry("advanced-normal-not-restricted", tpo(NORMAL)),
            entry("advanced-normal-restricted", tpo(ALL)),
            entry("advanced-normal-focused-restricted", tpo(NORMAL, ALL)),
            entry("advanced-normal-focused-psy", tpo(NORMAL, "encounter note psy sugar weight")),
            entry("advanced-normal-focused-psy-or-sdv", tpo(NORMAL, "encounter note psy sdv sugar weight")),
            entry("advanced-normal-break-glass-restricted", with(tpo(NORMAL), "btg", ALL)),
            entry("dissent-intermediate-break-glass", Map.of("btg", ALL)));

    private final FhirContext fhir = FhirContext.forR4Cached();
    private final Path directory = Path.of("src/test/resources/pcf");
    private final ConsentTranslator translator = new ConsentTranslator(ZoneOffset.UTC, role -> false);
    private final ResourceFactsExtractor extractor = new ResourceFactsExtractor(ZoneOffset.UTC);

    @TestFactory
    Stream<DynamicTest> each_example_decides_as_its_text_says() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("Consent-")).sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> check(file)));
        }
    }

    private void check(Path file) throws IOException {
        Consent consent = (Consent) read(file);
        String id = consent.getIdElement().getIdPart();
        String example = id.replaceFirst("^ex-consent-", "").replaceFirst("^ex-", "");
        assertThat(EXPECTED).containsKey(example);
        ConsentState state = granted(consent, id);
        Map<String, String> permitted = new LinkedHashMap<>();
        for (Map.Entry<String, AccessRequest> requester : requesters().entrySet()) {
            String seen = String.join(
                    " ",
                    resources().entrySet().stream()
                            .filter(resource -> ConsentContract.decide(
                                            state, requester.getValue(), resource.getValue(), ImplicitPolicy.DENY)
                                    .permits())
                            .map(Map.Entry::getKey)
                            .sorted()
                            .toList());
            if (!seen.isEmpty()) {
                permitted.put(requester.getKey(), seen);
            }
        }
        assertThat(permitted).containsExactlyInAnyOrderEntriesOf(EXPECTED.get(example));
    }

    /**
     * What a token says ({@code ihe_pcf.residual}) by the notes page of each example, in the words of {@link #words}:
     * for whoever asks for treatment, or, where the notes tell them apart, for the named practitioner ({@code named})
     * or a privileged user who breaks the glass ({@code btg}). Where they say that no token is issued, nothing is open.
     */
    private static final Map<String, Map<String, String>> RESIDUALS = Map.ofEntries(
            entry("basic-treat", Map.of("other", "")),
            entry("basic-ink", Map.of("other", "")),
            entry("basic-treat-infant", Map.of("other", "")),
            entry("basic-reject", Map.of("other", "forbid")),
            entry("basic-research", Map.of("research", "", "other", "forbid")),
            entry("expired-treat", Map.of("other", "forbid")),
            entry("intermediate-authoredby", Map.of("other", "forbid; permit authoredby Practitioner/ex-practitioner")),
            entry("intermediate-not-authoredby", Map.of("other", "forbid authoredby Practitioner/ex-practitioner")),
            entry(
                    "intermediate-data",
                    Map.of(
                            "other",
                            "forbid; permit instance Encounter/ex-encounter instance Observation/ex-alcoholUse"
                                    + " instance Observation/ex-bloodPressure instance Observation/ex-bloodSugar"
                                    + " instance Observation/ex-weight instance Observation/ex-weight-2")),
            entry("intermediate-not-data", Map.of("other", "forbid instance Observation/ex-alcoholUse")),
            entry("intermediate-encounter", Map.of("other", "forbid; permit related Encounter/ex-encounter")),
            entry("intermediate-not-encounter", Map.of("other", "forbid related Encounter/ex-encounter")),
            entry("intermediate-timeframe", Map.of("other", "forbid; permit 2022-01-01/2023-01-01")),
            entry("intermediate-not-timeframe", Map.of("other", "forbid 2022-01-01/2023-01-01")),
            entry("intermediate-purpose", Map.of("foobar", "", "other", "forbid")),
            entry("advanced-normal", Map.of("other", "forbid; permit N")),
            entry("advanced-normal-not-restricted", Map.of("other", "forbid; permit N; forbid R")),
            entry("advanced-normal-restricted", Map.of("other", "forbid; permit N R")),
            // The notes: no different than normal and restricted.
            entry(
                    "advanced-normal-focused-restricted",
                    Map.of("other", "forbid; permit N", "named", "forbid; permit N; permit R")),
            entry(
                    "advanced-normal-focused-psy",
                    Map.of("other", "forbid; permit N", "named", "forbid; permit N; permit PSY")),
            entry(
                    "advanced-normal-focused-psy-or-sdv",
                    Map.of("other", "forbid; permit N", "named", "forbid; permit N; permit PSY SDV")),
            entry(
                    "advanced-normal-break-glass-restricted",
                    Map.of("other", "forbid; permit N", "btg", "forbid; permit N; permit R")),
            entry("dissent-intermediate-break-glass", Map.of("btg", "", "other", "forbid")));

    @TestFactory
    Stream<DynamicTest> each_example_leaves_of_a_token_what_its_notes_say() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("Consent-")).sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> checkResidual(file)));
        }
    }

    private void checkResidual(Path file) throws IOException {
        Consent consent = (Consent) read(file);
        String id = consent.getIdElement().getIdPart();
        Map<String, String> expected = Objects.requireNonNull(
                RESIDUALS.get(id.replaceFirst("^ex-consent-", "").replaceFirst("^ex-", "")), id);
        ConsentState state = granted(consent, id);
        Map<String, String> said = new LinkedHashMap<>();
        expected.forEach((who, words) -> {
            AccessRequest request = Objects.requireNonNull(requesters().get(who), who);
            said.put(who, words(Residual.of(state, request, Set.of(), ImplicitPolicy.DENY)));
            assertThat(Residual.consents(state, request, Set.of()))
                    .as("the Consent is named where it opens something")
                    .extracting(ConsentRecord::id)
                    .containsAll(words.equals("forbid") ? List.of() : List.of(id));
        });
        assertThat(said).containsExactlyInAnyOrderEntriesOf(expected);
    }

    private static String words(Residual residual) {
        return residual.rules().stream()
                .map(rule -> Stream.of(
                                Stream.of(rule.type() == ProvisionType.PERMIT ? "permit" : "forbid"),
                                rule.securityLabels().stream().map(Coding::code).sorted(),
                                Stream.of(rule.dataPeriod())
                                        .filter(period -> !period.equals(Period.ALWAYS))
                                        .map(period -> day(period.start()) + "/" + day(period.until())),
                                rule.data().stream()
                                        .map(data -> data.meaning().code() + " " + data.reference())
                                        .sorted())
                        .flatMap(words -> words)
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining("; "));
    }

    private static String day(Instant instant) {
        return instant.toString().substring(0, "2022-01-01".length());
    }

    private ConsentState granted(Consent consent, String id) {
        Author recorder = Author.recorder(CLERK, "DocumentReference/ex-documentreference");
        ConsentState none = ConsentState.initial("Patient/ex-patient");
        return translator
                .translate(none, id, consent, recorder, NOW, "t1")
                .fold(
                        change -> ConsentContract.apply(none, change.transition())
                                .fold(TransitionResult.Applied::state, refused -> {
                                    throw new AssertionError(refused.toString());
                                }),
                        nothing -> {
                            throw new AssertionError("no change");
                        },
                        refused -> {
                            throw new AssertionError(refused.toString());
                        });
    }

    private static Map<String, AccessRequest> requesters() {
        Coding fooBar = new Coding("http://example.org/policies/purposeOfUse", "FooBar");
        Map<String, AccessRequest> requesters = new LinkedHashMap<>();
        requesters.put("named", AccessRequest.by(TREATING, Purposes.TREAT, NOW));
        requesters.put("other", AccessRequest.by(CLERK, Purposes.TREAT, NOW));
        requesters.put("payment", AccessRequest.by(CLERK, Purposes.HPAYMT, NOW));
        requesters.put("marketing", AccessRequest.by(CLERK, Purposes.HMARKT, NOW));
        requesters.put("research", AccessRequest.by(CLERK, Purposes.HRESCH, NOW));
        requesters.put(
                "foobar", AccessRequest.by(CLERK, fooBar, NOW).forOrganization("Organization/ex-org-researcher"));
        requesters.put("btg", AccessRequest.by(TREATING, Purposes.BTG, NOW).inGroup("Group/ex-privilegedUsers"));
        requesters.put("unprivileged-btg", AccessRequest.by(CLERK, Purposes.BTG, NOW));
        return requesters;
    }

    private Map<String, ResourceFacts> resources() throws IOException {
        Period in2021 = Period.at(Instant.parse("2021-06-01T00:00:00Z"));
        Period in2022 = Period.at(Instant.parse("2022-03-01T00:00:00Z"));
        return Map.of(
                "alcohol", example("Observation-ex-alcoholUse.json"),
                "weight", example("Observation-ex-weight.json"),
                "sugar", example("Observation-ex-bloodSugar.json"),
                "encounter", example("Encounter-ex-encounter.json"),
                "note",
                        ResourceFacts.of("DocumentReference", "DocumentReference/n")
                                .authoredBy(TREATING)
                                .dated(in2022),
                "psy", restricted("PSY").dated(in2021),
                "sdv", restricted("SDV").dated(in2021));
    }

    private static ResourceFacts restricted(String sensitivity) {
        return ResourceFacts.of("Condition", "Condition/" + sensitivity)
                .labelled(SecurityLabels.RESTRICTED, SecurityLabels.sensitivity(sensitivity));
    }

    private ResourceFacts example(String name) throws IOException {
        return extractor.extract(read(directory.resolve(name)));
    }

    private Resource read(Path file) throws IOException {
        return (Resource) fhir.newJsonParser().parseResource(Files.readString(file));
    }

    /** Everybody who asks for treatment, payment or operations, and BTG, which treatment covers. */
    private static Map<String, String> tpo(String permitted) {
        return tpo(permitted, permitted);
    }

    private static Map<String, String> tpo(String permitted, String toTheNamedPractitioner) {
        return Map.of(
                "named", toTheNamedPractitioner,
                "btg", toTheNamedPractitioner,
                "other", permitted,
                "payment", permitted,
                "unprivileged-btg", permitted);
    }

    private static Map<String, String> with(Map<String, String> table, String requester, String permitted) {
        Map<String, String> changed = new LinkedHashMap<>(table);
        changed.put(requester, permitted);
        return changed;
    }
}
