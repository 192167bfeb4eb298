package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;

/**
 * What a FHIR request asked for, as the record says it.
 *
 * @param op the interaction
 * @param type FHIR resource type; null if it names none
 * @param id logical id; null if it names none
 * @param method HTTP method
 * @param query path and query below the FHIR base
 * @param address network address of the client
 */
record RequestFacts(
        Op op,
        @Nullable String type,
        @Nullable String id,
        String method,
        String query,
        @Nullable String address) {
    private static final int LONGEST_QUERY = 8 * 1024;

    private static final Map<RestOperationTypeEnum, Op> OPS = Map.ofEntries(
            Map.entry(RestOperationTypeEnum.READ, Op.READ),
            Map.entry(RestOperationTypeEnum.VREAD, Op.VREAD),
            Map.entry(RestOperationTypeEnum.SEARCH_TYPE, Op.SEARCH),
            Map.entry(RestOperationTypeEnum.GET_PAGE, Op.SEARCH),
            Map.entry(RestOperationTypeEnum.SEARCH_SYSTEM, Op.SEARCH),
            Map.entry(RestOperationTypeEnum.HISTORY_INSTANCE, Op.HISTORY),
            Map.entry(RestOperationTypeEnum.HISTORY_TYPE, Op.HISTORY),
            Map.entry(RestOperationTypeEnum.HISTORY_SYSTEM, Op.HISTORY),
            Map.entry(RestOperationTypeEnum.CREATE, Op.CREATE),
            Map.entry(RestOperationTypeEnum.UPDATE, Op.UPDATE),
            Map.entry(RestOperationTypeEnum.PATCH, Op.PATCH),
            Map.entry(RestOperationTypeEnum.DELETE, Op.DELETE),
            Map.entry(RestOperationTypeEnum.TRANSACTION, new Op("transaction")),
            Map.entry(RestOperationTypeEnum.BATCH, new Op("batch")),
            Map.entry(RestOperationTypeEnum.METADATA, new Op("capabilities")));

    static RequestFacts of(RequestDetails request) {
        String address = request instanceof ServletRequestDetails servlet
                ? servlet.getServletRequest().getRemoteAddr()
                : null;
        RequestTypeEnum method = request.getRequestType();
        return new RequestFacts(
                op(request),
                request.getResourceName(),
                request.getId() == null ? null : request.getId().getIdPart(),
                method == null ? "?" : method.name(),
                query(request),
                address);
    }

    private static Op op(RequestDetails request) {
        String operation = request.getOperation();
        if (operation != null && operation.startsWith("$") && operation.length() < 64) {
            String code = operation.substring(1).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
            return new Op("operation." + (code.length() > 40 ? code.substring(0, 40) : code));
        }
        RestOperationTypeEnum type = request.getRestOperationType();
        Op op = type == null ? null : OPS.get(type);
        return op == null ? new Op("request") : op;
    }

    private static String query(RequestDetails request) {
        StringBuilder query = new StringBuilder(String.valueOf(request.getRequestPath()));
        StringJoiner parameters = new StringJoiner("&", "?", "").setEmptyValue("");
        request.getParameters().forEach((name, values) -> {
            for (String value : values) {
                parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
            }
        });
        query.append(parameters);
        return query.length() <= LONGEST_QUERY ? query.toString() : query.substring(0, LONGEST_QUERY);
    }
}
