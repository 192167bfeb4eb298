package org.securemed.fhir.server;

import ca.uhn.fhir.context.RuntimeSearchParam;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.RestSearchParameterTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;

/**
 * Refuses what is not well-formed where HAPI would fail on it, run out of memory, or make something else of it than was
 * meant.
 */
@Interceptor
public final class WellFormedRequests {
    private static final Set<RequestTypeEnum> WITH_BODY =
            Set.of(RequestTypeEnum.POST, RequestTypeEnum.PUT, RequestTypeEnum.PATCH);

    private static final Set<String> PATCHES = Set.of(
            "application/json-patch+json",
            "application/xml-patch+xml",
            "application/fhir+json",
            "application/fhir+xml");

    private static final Pattern VERSION_TAG = Pattern.compile("(W/)?\"[0-9]{1,9}\"");
    private static final Pattern ROOT_ELEMENT = Pattern.compile("<([A-Za-z][A-Za-z0-9:]*)");

    private static final Set<RestSearchParameterTypeEnum> NUMERIC = Set.of(
            RestSearchParameterTypeEnum.NUMBER,
            RestSearchParameterTypeEnum.QUANTITY,
            RestSearchParameterTypeEnum.COMPOSITE);

    private final ISearchParamRegistry searchParameters;

    WellFormedRequests(ISearchParamRegistry searchParameters) {
        this.searchParameters = searchParameters;
    }

    /** Called when it is known what is asked, and before the body is parsed. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_POST_PROCESSED)
    public void check(RequestDetails request, HttpServletRequest servletRequest) {
        String match = request.getHeader("If-Match");
        if (match != null && !VERSION_TAG.matcher(match.trim()).matches()) {
            throw Problem.badRequest("malformed-header", "Name one version in If-Match, as in W/\"1\".");
        }
        String since = request.getHeader("If-Modified-Since");
        if (since != null && !isDate(since)) {
            throw Problem.badRequest("malformed-header", "Give If-Modified-Since as a date of HTTP.");
        }
        if (WITH_BODY.contains(request.getRequestType())) {
            checkBody(request, servletRequest);
        }
    }

    private static boolean isDate(String text) {
        try {
            DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.trim());
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static void checkBody(RequestDetails request, HttpServletRequest servletRequest) {
        String charset = servletRequest.getCharacterEncoding();
        if (charset != null && !charset.equalsIgnoreCase("utf-8")) {
            throw unsupported("Send the body in UTF-8.");
        }
        String type = mediaType(servletRequest.getContentType());
        boolean patch = request.getRequestType() == RequestTypeEnum.PATCH;
        if (patch && !PATCHES.contains(type)) {
            throw unsupported("Send a patch as JSON Patch, XML Patch, or FHIR Parameters.");
        }
        if (type.equals("application/x-www-form-urlencoded")) {
            return;
        }
        byte[] body = request.loadRequestContents();
        if (isJson(type, body) && !isBlank(body)) {
            Optional<String> resourceType = WellFormedJson.check(body);
            if (type.equals("application/fhir+json")) {
                requirePatch(patch, resourceType.orElse(""));
            }
        } else if (type.equals("application/fhir+xml")) {
            requirePatch(patch, rootElement(body));
        }
    }

    private static void requirePatch(boolean patch, String resourceType) {
        if (patch && !resourceType.equals("Parameters")) {
            throw Problem.badRequest("malformed-body", "Send a FHIR patch as a Parameters resource.");
        }
    }

    private static String rootElement(byte[] xml) {
        Matcher element = ROOT_ELEMENT.matcher(new String(xml, StandardCharsets.UTF_8));
        return element.find() ? element.group(1) : "";
    }

    private static boolean isJson(String type, byte[] body) {
        return type.endsWith("json") || type.isEmpty() && new String(body, StandardCharsets.UTF_8).startsWith("{");
    }

    private static boolean isBlank(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return false;
            }
        }
        return true;
    }

    private static String mediaType(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return type.trim().toLowerCase(Locale.ROOT);
    }

    private static Problem unsupported(String diagnostics) {
        return Problem.of(415, "media-type", IssueType.NOTSUPPORTED, diagnostics);
    }

    /** Called for each request, and again for each GET entry of a Bundle. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
    public void checkParameters(RequestDetails request, RestOperationTypeEnum operation) {
        try {
            WellFormedParameters.check(request.getParameters(), name -> mayBeNumber(request, name));
            WellFormedParameters.checkConditional(request.getHeader("If-None-Exist"));
            if (operation == RestOperationTypeEnum.TRANSACTION && request.getResource() instanceof Bundle bundle) {
                bundle.getEntry().forEach(entry -> {
                    WellFormedParameters.checkConditional(entry.getRequest().getUrl());
                    WellFormedParameters.checkConditional(entry.getRequest().getIfNoneExist());
                });
            }
        } catch (Problem problem) {
            // HAPI answers an entry of a Bundle by itself, and knows only its own exceptions.
            throw refusal(problem);
        }
    }

    /** Called before a resource is indexed and stored. */
    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_CREATED)
    public void checkCreated(IBaseResource resource, RequestDetails request) {
        checkXmlNumbers(resource, request);
    }

    /** Called before a new version is indexed and stored, also for the result of a patch. */
    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_UPDATED)
    public void checkUpdated(IBaseResource before, IBaseResource after, RequestDetails request) {
        checkXmlNumbers(after, request);
    }

    /** The numbers of a JSON body have been checked as they came; in XML only a resource tells what is a number. */
    private static void checkXmlNumbers(IBaseResource resource, @Nullable RequestDetails request) {
        if (request == null || !mediaType(request.getHeader("Content-Type")).endsWith("xml")) {
            return;
        }
        for (DecimalType number :
                request.getFhirContext().newTerser().getAllPopulatedChildElementsOfType(resource, DecimalType.class)) {
            if (!WellFormedJson.isModest(number.getValue())) {
                throw refusal(Problem.badRequest("malformed-body", "A number is too large or too small."));
            }
        }
    }

    private static InvalidRequestException refusal(Problem problem) {
        InvalidRequestException refusal = new InvalidRequestException(problem.diagnostics());
        refusal.setOperationOutcome(problem.operationOutcome());
        return refusal;
    }

    private boolean mayBeNumber(RequestDetails request, String name) {
        String type = request.getResourceName();
        int colon = name.indexOf(':');
        if (type == null || name.indexOf('.') >= 0 || name.startsWith("_has")) {
            return true;
        }
        RuntimeSearchParam parameter = searchParameters.getActiveSearchParam(
                type,
                colon < 0 ? name : name.substring(0, colon),
                ISearchParamRegistry.SearchParamLookupContextEnum.SEARCH);
        return parameter == null || NUMERIC.contains(parameter.getParamType());
    }
}
