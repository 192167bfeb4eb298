package org.securemed.fhir.smart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code /fhir/.well-known/smart-configuration}, whatever {@code Accept} says and for every origin. A servlet of its
 * own at this exact path: the FHIR servlet's mapping would swallow a controller.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/conformance.html#using-well-known">SMART App Launch 2.2,
 *     Conformance</a>
 */
public final class SmartDiscovery extends HttpServlet {
    /** Where this servlet is mapped. */
    public static final String PATH = "/fhir/.well-known/smart-configuration";

    /** Scopes that work, wildcards for the resource scopes. */
    static final List<String> SCOPES = List.of(
            "openid",
            "fhirUser",
            "profile",
            "launch",
            "launch/patient",
            "offline_access",
            "online_access",
            "patient/*.cruds",
            "user/*.cruds",
            "system/*.cruds");

    private static final long serialVersionUID = 1L;

    private final byte[] document;

    SmartDiscovery(SmartProperties properties) {
        this.document = document(properties).toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "public, max-age=300");
        response.setContentLength(document.length);
        response.getOutputStream().write(document);
    }

    /** Only what works now. */
    private static ObjectNode document(SmartProperties properties) {
        String base = properties.issuer();
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("issuer", base)
                .put("jwks_uri", base + "/oauth2/jwks")
                .put("authorization_endpoint", base + "/oauth2/authorize")
                .put("token_endpoint", base + "/oauth2/token")
                .put("introspection_endpoint", base + "/oauth2/introspect")
                .put("revocation_endpoint", base + "/oauth2/revoke")
                .put("management_endpoint", base + AppsPage.PATH);
        put(json, "grant_types_supported", List.of("authorization_code", "client_credentials", "refresh_token"));
        put(json, "response_types_supported", List.of("code"));
        put(json, "code_challenge_methods_supported", List.of("S256"));
        put(json, "token_endpoint_auth_methods_supported", AuthorizationServerParts.CLIENT_AUTHENTICATION);
        put(json, "token_endpoint_auth_signing_alg_values_supported", List.of("RS384", "ES384"));
        put(json, "scopes_supported", SCOPES);
        put(
                json,
                "capabilities",
                List.of(
                        "launch-ehr",
                        "launch-standalone",
                        "context-banner",
                        "context-ehr-patient",
                        "context-ehr-encounter",
                        "context-standalone-patient",
                        "client-public",
                        "client-confidential-symmetric",
                        "client-confidential-asymmetric",
                        "authorize-post",
                        "permission-offline",
                        "permission-online",
                        "sso-openid-connect",
                        "permission-patient",
                        "permission-user",
                        "permission-v1",
                        "permission-v2"));
        return json;
    }

    private static void put(ObjectNode json, String name, List<String> values) {
        values.forEach(json.withArray(name)::add);
    }
}
