package org.securemed.fhir.read;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.IRestfulResponse;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.RestfulServerUtils;
import ca.uhn.fhir.rest.server.RestfulServerUtils.ResponseEncoding;
import ca.uhn.fhir.util.DateUtils;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.Writer;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.consent.ReadGate;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Answers the plainest and most frequent request, {@code GET Type/id} as JSON without any parameter, with the text that
 * HAPI has stored: decided by the same gate, recorded by the same recorder, and byte for byte the answer that HAPI
 * would give, for a fraction of its time. Whatever is not that plain, and every answer but 200, is HAPI's.
 */
@Interceptor
public final class StoredRead {
    /** Their content is not always sent as it is stored. */
    private static final Set<String> OTHERS = Set.of("Binary", "Bundle", "Parameters");

    private final ReadGate gate;
    private final StoredVersions versions;
    private final CompleteJson json;
    private final AuditRecorder recorder;
    private final String baseUrl;

    /**
     * @param dataSource of the FHIR store
     * @param baseUrl of the FHIR endpoint
     */
    public StoredRead(ReadGate gate, DataSource dataSource, AuditRecorder recorder, String baseUrl) {
        this.gate = gate;
        this.versions = new StoredVersions(new JdbcTemplate(dataSource));
        this.json = new CompleteJson(baseUrl);
        this.recorder = recorder;
        this.baseUrl = baseUrl;
    }

    /** Called when it is known what is asked; false tells HAPI that the response is complete. */
    @Hook(value = Pointcut.SERVER_INCOMING_REQUEST_POST_PROCESSED, order = AuditRecorder.LAST)
    public boolean answer(RequestDetails request, HttpServletRequest servletRequest) throws IOException {
        if (!isPlain(request)) {
            return true;
        }
        ResponseEncoding encoding = RestfulServerUtils.determineResponseEncodingNoDefault(request, EncodingEnum.JSON);
        if (encoding == null) {
            encoding = new ResponseEncoding(request.getFhirContext(), EncodingEnum.JSON, null);
        } else if (encoding.getEncoding() != EncodingEnum.JSON) {
            return true;
        }
        String type = request.getResourceName();
        String id = request.getId().getIdPart();
        Optional<StoredVersion> stored =
                gate.partition(request, type, id).flatMap(partition -> versions.newest(type, id, partition));
        Optional<String> body = stored.flatMap(json::of);
        if (body.isEmpty()
                || !gate.release(
                        request,
                        type,
                        id,
                        String.valueOf(stored.get().version()),
                        stored.get().partition())) {
            return true;
        }
        recorder.answering(request, null, servletRequest);
        write(request, stored.get(), body.get(), encoding.getResourceContentType());
        return false;
    }

    private static boolean isPlain(RequestDetails request) {
        return request.getRestOperationType() == RestOperationTypeEnum.READ
                && request.getRequestType() == RequestTypeEnum.GET
                && request.getParameters().isEmpty()
                && !OTHERS.contains(request.getResourceName())
                && request.getHeader(Constants.HEADER_IF_NONE_MATCH) == null
                && request.getHeader(Constants.HEADER_IF_MODIFIED_SINCE) == null
                && !RestfulServerUtils.prettyPrintResponse(request.getServer(), request);
    }

    private void write(RequestDetails request, StoredVersion stored, String body, String contentType)
            throws IOException {
        IRestfulResponse response = request.getResponse();
        response.addHeader(
                Constants.HEADER_CONTENT_LOCATION,
                baseUrl + "/" + stored.type() + "/" + stored.id() + "/_history/" + stored.version());
        response.addHeader(Constants.HEADER_ETAG, RestfulServerUtils.createEtag(String.valueOf(stored.version())));
        response.addHeader(Constants.HEADER_LAST_MODIFIED, DateUtils.formatDate(Date.from(stored.updated())));
        Writer writer = response.getResponseWriter(
                Constants.STATUS_HTTP_200_OK, contentType, Constants.CHARSET_NAME_UTF8, request.isRespondGzip());
        writer.write(body);
        response.commitResponse(writer);
    }
}
