package org.securemed.fhir.export;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a request orders: parameters of the query, or of a Parameters resource. What is not understood is refused,
 * since an export without it would hold more than was asked for.
 *
 * @see <a href="https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters">Bulk Data Access 2.0, Query
 *     Parameters</a>
 */
final class ExportOrders {
    private static final Set<String> FORMATS =
            Set.of("application/fhir+ndjson", "application/ndjson", "ndjson", "application/fhir ndjson");

    private static final Set<String> OF_HTTP = Set.of("_format", "_pretty");
    private static final int LONGEST = 4096;

    private ExportOrders() {}

    /**
     * The order of a request.
     *
     * @param known FHIR resource types
     * @throws RuntimeException the refusal
     */
    static ExportOrder read(
            RequestDetails request, ExportOrder.Level level, @Nullable String groupId, Set<String> known) {
        requireAsync(request);
        Map<String, List<String>> parameters = parameters(request);
        Set<String> types = new LinkedHashSet<>();
        Instant since = null;
        for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
            switch (parameter.getKey()) {
                case "_type" ->
                    parameter.getValue().forEach(value -> types.addAll(Arrays.asList(value.split(",", -1))));
                case "_since" -> since = instant(parameter.getValue());
                case "_outputFormat" -> requireFormat(parameter.getValue());
                case "_typeFilter" ->
                    throw ExportRefusal.unsupported("_typeFilter is not supported. Export the type, or search.");
                case "_elements" ->
                    throw ExportRefusal.unsupported("_elements is not supported. Export whole resources.");
                case "patient" ->
                    throw ExportRefusal.unsupported("patient is not supported. Export a Group of these patients.");
                default ->
                    throw ExportRefusal.unsupported(
                            "Unknown parameter for $export. Known: _type, _since," + " _outputFormat.");
            }
        }
        for (String type : types) {
            if (!known.contains(type)) {
                throw ExportRefusal.parameter("_type names what is no resource type that can be exported.");
            }
        }
        return new ExportOrder(level, groupId, types, since, path(request, parameters));
    }

    private static void requireAsync(RequestDetails request) {
        boolean async = request.getHeaders("Prefer").stream()
                .flatMap(value -> Arrays.stream(value.split("[,;]", -1)))
                .anyMatch(one -> one.strip().toLowerCase(Locale.ROOT).equals("respond-async"));
        if (!async) {
            throw ExportRefusal.parameter("Send the header Prefer: respond-async.");
        }
    }

    private static Map<String, List<String>> parameters(RequestDetails request) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        request.getParameters().forEach((name, values) -> {
            if (!OF_HTTP.contains(name)) {
                parameters.computeIfAbsent(name, key -> new ArrayList<>()).addAll(Arrays.asList(values));
            }
        });
        if (request.getResource() instanceof Parameters body) {
            for (Parameters.ParametersParameterComponent part : body.getParameter()) {
                if (!part.hasValue() || !part.getValue().isPrimitive() || !part.hasName()) {
                    throw ExportRefusal.unsupported("Give each parameter of $export a name and a plain value.");
                }
                parameters
                        .computeIfAbsent(part.getName(), key -> new ArrayList<>())
                        .add(part.getValue().primitiveValue());
            }
        }
        return parameters;
    }

    private static Instant instant(List<String> values) {
        if (values.size() != 1) {
            throw ExportRefusal.parameter("Give _since once.");
        }
        try {
            // In a query a plus sign is a blank.
            return new InstantType(values.get(0).replace(' ', '+')).getValue().toInstant();
        } catch (FHIRException | IllegalArgumentException | NullPointerException e) {
            throw ExportRefusal.parameter("_since is an instant, as in 2026-01-31T08:00:00Z.");
        }
    }

    private static void requireFormat(List<String> values) {
        if (values.size() != 1 || !FORMATS.contains(values.get(0))) {
            throw ExportRefusal.unsupported("_outputFormat is application/fhir+ndjson.");
        }
    }

    private static String path(RequestDetails request, Map<String, List<String>> parameters) {
        StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
        parameters.forEach((name, values) ->
                values.forEach(value -> query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8))));
        String path = request.getRequestPath() + query;
        if (path.length() > LONGEST) {
            throw ExportRefusal.parameter("The parameters are longer than " + LONGEST + " characters.");
        }
        return path;
    }
}
