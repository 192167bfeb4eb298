package org.securemed.bench;

import java.nio.charset.StandardCharsets;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * A FHIR request, not yet addressed to a server.
 *
 * @param path below the FHIR endpoint, begins with a slash
 * @param body FHIR JSON, absent if there is none
 */
record Request(String method, String path, @Nullable String body) {
    private static final ContentType FHIR_JSON = ContentType.create("application/fhir+json", StandardCharsets.UTF_8);

    static Request get(String path) {
        return new Request("GET", path, null);
    }

    static Request post(String path, String body) {
        return new Request("POST", path, body);
    }

    static Request put(String path, String body) {
        return new Request("PUT", path, body);
    }

    /** The request as it goes to {@code target}. */
    ClassicHttpRequest to(Target target) {
        BasicClassicHttpRequest request = new BasicClassicHttpRequest(method, target.path() + path);
        request.addHeader("Accept", "application/fhir+json");
        if (target.token() != null) {
            request.addHeader("Authorization", "Bearer " + target.token());
        }
        if (body != null) {
            request.setEntity(new ByteArrayEntity(body.getBytes(StandardCharsets.UTF_8), FHIR_JSON));
        }
        return request;
    }
}
