package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Requester;

/**
 * What this server asks of its own FHIR store in somebody's name, such as the Consent that an answer on the consent
 * screen is. It passes the gate and the recorder as if it had come over the network.
 */
final class HouseRequest extends RequestDetails {
    private final FhirContext context;
    private final RestfulServer server;

    private HouseRequest(FhirContext context, RestfulServer server) {
        super(server.getInterceptorService());
        this.context = context;
        this.server = server;
    }

    /** Begins a request. */
    static HouseRequest begin(
            FhirContext context,
            RestfulServer server,
            Requester requester,
            Clock clock,
            RestOperationTypeEnum operation,
            RequestTypeEnum method,
            String type) {
        HouseRequest request = new HouseRequest(context, server);
        request.setRestOperationType(operation);
        request.setRequestType(method);
        request.setResourceName(type);
        request.setRequestPath(type);
        Exchange.begin(request, requester, clock);
        return request;
    }

    /** Begins to decide anew about a part of an answer, for the same requester. */
    static HouseRequest beginAnew(FhirContext context, RestfulServer server, Exchange asked, String type) {
        HouseRequest request = new HouseRequest(context, server);
        request.setRestOperationType(RestOperationTypeEnum.SEARCH_TYPE);
        request.setRequestType(RequestTypeEnum.GET);
        request.setResourceName(type);
        request.setRequestPath(type);
        Exchange.beginAnew(request, asked);
        return request;
    }

    /** Whether a request is one of these, and not a client's. */
    static boolean is(RequestDetails request) {
        return request instanceof HouseRequest;
    }

    @Override
    protected byte[] getByteStreamRequestContents() {
        return new byte[0];
    }

    @Override
    public Charset getCharset() {
        return StandardCharsets.UTF_8;
    }

    @Override
    public FhirContext getFhirContext() {
        return context;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return null;
    }

    @Override
    public List<String> getHeaders(String name) {
        return List.of();
    }

    @Override
    public void addHeader(String name, String value) {
        throw new UnsupportedOperationException("a request of our own has no headers");
    }

    @Override
    public void setHeaders(String name, List<String> value) {
        throw new UnsupportedOperationException("a request of our own has no headers");
    }

    @Override
    public InputStream getInputStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public Reader getReader() {
        return Reader.nullReader();
    }

    @Override
    public RestfulServer getServer() {
        return server;
    }

    @Override
    public @Nullable String getServerBaseForRequest() {
        return null;
    }
}
