package org.securemed.fhir.demo;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.Normalizer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Bundle;

/**
 * Loads the demonstration's patients as any other system would: over HTTP, with a token of the hospital's back end, so
 * that what is loaded has passed the gate and is in the ledger.
 */
final class DemoLoader {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    /** Letters that Unicode does not decompose into a base letter and a mark. */
    private static final Map<String, String> LETTERS = Map.of("ø", "o", "ß", "ss", "ı", "i", "ł", "l", "đ", "d");

    private static final Pattern NOT_ID = Pattern.compile("[^a-z0-9]+");

    private final URI fhir;
    private final String token;
    private final IParser parser;
    private final HttpClient http = HttpClient.newHttpClient();

    /** @param fhir where the server answers, without a trailing slash */
    DemoLoader(URI fhir, String token, FhirContext context) {
        this.fhir = fhir;
        this.token = token;
        this.parser = context.newJsonParser();
    }

    /**
     * Loads the shared resources and the patients, unless the last of them is there already.
     *
     * @param count how many patients; with 0 nothing is loaded
     * @return how many patients were loaded
     */
    int load(DemoPatients demo, int count) throws IOException, InterruptedException {
        List<DemoPatient> patients = demo.patients(count);
        if (patients.isEmpty() || exists(id(patients.get(patients.size() - 1)))) {
            return 0;
        }
        post(demo.shared());
        for (DemoPatient patient : patients) {
            post(withFixedId(patient));
        }
        return patients.size();
    }

    /** The patient's name as a logical id, so that documents can name them: {@code elena-rossi}. */
    static String id(DemoPatient patient) {
        String name = patient.name().toLowerCase(Locale.ROOT);
        for (Map.Entry<String, String> letter : LETTERS.entrySet()) {
            name = name.replace(letter.getKey(), letter.getValue());
        }
        String plain = Normalizer.normalize(name, Normalizer.Form.NFD).replaceAll("\\p{M}", "");
        return NOT_ID.matcher(plain).replaceAll("-");
    }

    private static Bundle withFixedId(DemoPatient patient) {
        String id = id(patient);
        Bundle bundle = patient.bundle();
        Bundle.BundleEntryComponent entry = bundle.getEntryFirstRep();
        entry.getResource().setId("Patient/" + id);
        entry.getRequest().setMethod(Bundle.HTTPVerb.PUT).setUrl("Patient/" + id);
        return bundle;
    }

    private boolean exists(String patientId) throws IOException, InterruptedException {
        HttpRequest request = request("/Patient/" + patientId).GET().build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    private void post(Bundle bundle) throws IOException, InterruptedException {
        HttpRequest request = request("")
                .header("Content-Type", "application/fhir+json")
                .header("Prefer", "return=minimal")
                .POST(HttpRequest.BodyPublishers.ofString(parser.encodeResourceToString(bundle)))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(
                    "loading the demonstration failed with status " + response.statusCode() + ": " + response.body());
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(fhir + path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token);
    }
}
