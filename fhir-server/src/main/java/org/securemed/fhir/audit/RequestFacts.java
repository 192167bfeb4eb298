package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.hl7.fhir.r4.model.Bundle;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Op;

/**
 * What a FHIR request asked for, as the record says it.
 *
 * @param op the interaction
 * @param type FHIR resource type; null if it names none
 * @param id logical id; null if it names none
 * @param method HTTP method
 * @param query path and query below the FHIR base as they were sent; of a search by POST the form, too
 * @param address network address of the client
 */
record RequestFacts(
        Op op,
        @Nullable String type,
        @Nullable String id,
        String method,
        String query,
        @Nullable String address) {
    static final Op TRANSACTION = new Op("transaction");
    static final Op BATCH = new Op("batch");

    private static final Op HISTORY_TYPE = new Op("history.type");
    private static final Op HISTORY_SYSTEM = new Op("history.system");
    private static final Op REQUEST = new Op("request");

    private static final int LONGEST_QUERY = 8 * 1024;

    private static final Map<RestOperationTypeEnum, Op> OPS = Map.ofEntries(
            Map.entry(RestOperationTypeEnum.READ, Op.READ),
            Map.entry(RestOperationTypeEnum.VREAD, Op.VREAD),
            Map.entry(RestOperationTypeEnum.SEARCH_TYPE, Op.SEARCH),
            Map.entry(RestOperationTypeEnum.GET_PAGE, Op.SEARCH),
            Map.entry(RestOperationTypeEnum.SEARCH_SYSTEM, new Op("search.system")),
            Map.entry(RestOperationTypeEnum.HISTORY_INSTANCE, Op.HISTORY),
            Map.entry(RestOperationTypeEnum.HISTORY_TYPE, HISTORY_TYPE),
            Map.entry(RestOperationTypeEnum.HISTORY_SYSTEM, HISTORY_SYSTEM),
            Map.entry(RestOperationTypeEnum.CREATE, Op.CREATE),
            Map.entry(RestOperationTypeEnum.UPDATE, Op.UPDATE),
            Map.entry(RestOperationTypeEnum.PATCH, Op.PATCH),
            Map.entry(RestOperationTypeEnum.DELETE, Op.DELETE),
            Map.entry(RestOperationTypeEnum.TRANSACTION, TRANSACTION),
            Map.entry(RestOperationTypeEnum.BATCH, BATCH),
            Map.entry(RestOperationTypeEnum.METADATA, new Op("capabilities")));

    static RequestFacts of(RequestDetails request) {
        HttpServletRequest sent = request instanceof ServletRequestDetails servlet ? sent(servlet) : null;
        RequestTypeEnum method = request.getRequestType();
        return new RequestFacts(
                op(request),
                request.getResourceName(),
                request.getId() == null ? null : request.getId().getIdPart(),
                method == null ? sent == null ? "?" : sent.getMethod() : method.name(),
                shortened(query(request, sent)),
                sent == null ? null : sent.getRemoteAddr());
    }

    /** The same request, seen as another interaction. */
    RequestFacts as(Op other) {
        return new RequestFacts(other, type, id, method, query, address);
    }

    /** An entry of a Bundle, which came with this request. */
    RequestFacts entry(Op entryOp, @Nullable String entryType, @Nullable String entryId, String verb, String url) {
        return new RequestFacts(entryOp, entryType, entryId, verb, shortened(url), address);
    }

    /** The request as the container got it: what wraps it may refuse to be read. */
    private static @Nullable HttpServletRequest sent(ServletRequestDetails details) {
        ServletRequest request = details.getServletRequest();
        while (request instanceof ServletRequestWrapper wrapper) {
            request = wrapper.getRequest();
        }
        return request instanceof HttpServletRequest http ? http : null;
    }

    private static Op op(RequestDetails request) {
        String operation = request.getOperation();
        if (operation != null && operation.startsWith("$") && operation.length() < 64) {
            String code = operation.substring(1).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
            return new Op("operation." + (code.length() > 40 ? code.substring(0, 40) : code));
        }
        RestOperationTypeEnum type = request.getRestOperationType();
        Op op = type == null ? null : OPS.get(type);
        if (op == null) {
            return unknown(request);
        }
        if (op.equals(Op.VREAD) && !(request.getId() != null && request.getId().hasVersionIdPart())) {
            // HAPI says so of a read in a Bundle.
            return Op.READ;
        }
        boolean batch = op.equals(TRANSACTION)
                && request.getResource() instanceof Bundle bundle
                && bundle.getType() == Bundle.BundleType.BATCH;
        return batch ? BATCH : op;
    }

    /** What isn't offered, or can't be understood. */
    private static Op unknown(RequestDetails request) {
        RequestTypeEnum method = request.getRequestType();
        String path = request.getRequestPath();
        if (method == RequestTypeEnum.GET && path != null && path.endsWith("_history")) {
            return path.equals("_history")
                    ? HISTORY_SYSTEM
                    : path.matches("[A-Z][A-Za-z]+/_history") ? HISTORY_TYPE : REQUEST;
        }
        if (method == RequestTypeEnum.PUT) {
            return Op.UPDATE;
        }
        if (method == RequestTypeEnum.PATCH) {
            return Op.PATCH;
        }
        return method == RequestTypeEnum.DELETE ? Op.DELETE : REQUEST;
    }

    private static String query(RequestDetails request, @Nullable HttpServletRequest sent) {
        if (sent == null || request.isSubRequest()) {
            return request.getRequestPath() + parameters(request, "?");
        }
        String base = sent.getContextPath() + sent.getServletPath();
        String path = sent.getRequestURI();
        String query = (path.startsWith(base + "/") ? path.substring(base.length() + 1) : path.equals(base) ? "" : path)
                + (sent.getQueryString() == null ? "" : "?" + sent.getQueryString());
        boolean form = request.getRequestType() == RequestTypeEnum.POST
                && request.getRestOperationType() == RestOperationTypeEnum.SEARCH_TYPE;
        return form ? query + parameters(request, "\n\n") : query;
    }

    private static String parameters(RequestDetails request, String prefix) {
        StringJoiner parameters = new StringJoiner("&", prefix, "").setEmptyValue("");
        request.getParameters().forEach((name, values) -> {
            for (String value : values) {
                parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
            }
        });
        return parameters.toString();
    }

    private static String shortened(String query) {
        return query.length() <= LONGEST_QUERY ? query : query.substring(0, LONGEST_QUERY);
    }
}
