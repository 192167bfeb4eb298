package org.securemed.fhir.problem;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes a {@link Problem} as the answer to a request: an {@code OperationOutcome} (JSON, or XML when the request asks
 * for it) under {@code /fhir}, {@code application/problem+json} elsewhere, and there a page for a person's browser,
 * which asks for HTML. Thread-safe.
 */
public final class ProblemWriter {
    private static final String FHIR_NAMESPACE = "http://hl7.org/fhir";
    private static final String PAGE_POLICY =
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>Not possible · SecureMed</title>
              <link rel="stylesheet" href="%s/smart/smart.css">
            </head>
            <body>
            <main class="card">
              <h1>SecureMed</h1>
              <p class="notice error" role="alert">%s</p>
              <p class="small">If an app has sent you here, go back to it and start again there. If that does not help,
                tell the hospital this code: <code>%s</code></p>
            </main>
            </body>
            </html>
            """;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final XMLOutputFactory XML = XMLOutputFactory.newFactory();

    private final RefusalCount count;

    /** One that tells nobody. */
    public ProblemWriter() {
        this(RefusalCount.NONE);
    }

    /** @param count told of each problem that is written */
    public ProblemWriter(RefusalCount count) {
        this.count = count;
    }

    /**
     * Answers with {@code problem}; headers set before stay.
     *
     * @throws IllegalStateException if a part of another answer has already left
     */
    public void write(HttpServletRequest request, HttpServletResponse response, Problem problem) throws IOException {
        if (response.isCommitted()) {
            throw new IllegalStateException("an answer has already begun to leave");
        }
        count.refused(problem.status(), problem.code());
        boolean fhir = isFhir(request);
        boolean xml = fhir && asksForXml(request);
        response.resetBuffer();
        response.setStatus(problem.status());
        problem.retryAfter()
                .ifPresent(after -> response.setHeader("Retry-After", Long.toString(Math.max(1, after.toSeconds()))));
        response.setHeader("Cache-Control", "no-store");
        boolean html = !fhir && asksForHtml(request);
        String type = xml
                ? "application/fhir+xml"
                : fhir ? "application/fhir+json" : html ? "text/html" : "application/problem+json";
        response.setContentType(type + ";charset=UTF-8");
        if (html) {
            response.setHeader("Content-Security-Policy", PAGE_POLICY);
        }
        String text = xml ? xml(problem) : fhir ? json(problem) : html ? page(request, problem) : problemJson(problem);
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
        response.flushBuffer();
    }

    /** Whether the answer to this request speaks FHIR. */
    public static boolean isFhir(HttpServletRequest request) {
        // After sendError the container dispatches to the error page; the path asked for is then an attribute.
        Object original = request.getAttribute("jakarta.servlet.error.request_uri");
        String uri = original instanceof String asked ? asked : request.getRequestURI();
        String path = uri.substring(Math.min(request.getContextPath().length(), uri.length()));
        return path.equals("/fhir") || path.startsWith("/fhir/");
    }

    private static boolean asksForHtml(HttpServletRequest request) {
        String accept = request.getHeader("Accept");
        return accept != null && accept.startsWith("text/html");
    }

    private static String page(HttpServletRequest request, Problem problem) {
        return PAGE.formatted(
                escaped(request.getContextPath()), escaped(problem.diagnostics()), escaped(problem.code()));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private static boolean asksForXml(HttpServletRequest request) {
        String query = request.getQueryString();
        if (query != null && query.length() < 8192) {
            // Read from the query string: getParameter would swallow the body of a form search.
            for (String pair : query.split("&")) {
                if (pair.startsWith("_format=")) {
                    return pair.toLowerCase(Locale.ROOT).contains("xml");
                }
            }
        }
        String accept = request.getHeader("Accept");
        if (accept == null) {
            return false;
        }
        String wanted = accept.toLowerCase(Locale.ROOT);
        int xml = wanted.indexOf("application/fhir+xml");
        int json = wanted.indexOf("json");
        return xml >= 0 && (json < 0 || xml < json);
    }

    private static String json(Problem problem) {
        ObjectNode outcome = JSON.createObjectNode().put("resourceType", "OperationOutcome");
        ObjectNode issue = outcome.putArray("issue")
                .addObject()
                .put("severity", "error")
                .put("code", problem.issueType().toCode());
        issue.putObject("details")
                .putArray("coding")
                .addObject()
                .put("system", Problem.SYSTEM)
                .put("code", problem.code());
        issue.put("diagnostics", problem.diagnostics());
        return outcome.toString();
    }

    private static String problemJson(Problem problem) {
        return JSON.createObjectNode()
                .put("type", "urn:securemed:problem:" + problem.code())
                .put("title", problem.code().replace('-', ' '))
                .put("status", problem.status())
                .put("detail", problem.diagnostics())
                .toString();
    }

    private static String xml(Problem problem) throws IOException {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter out = XML.createXMLStreamWriter(text);
            out.writeStartElement("OperationOutcome");
            out.writeDefaultNamespace(FHIR_NAMESPACE);
            out.writeStartElement("issue");
            value(out, "severity", "error");
            value(out, "code", problem.issueType().toCode());
            out.writeStartElement("details");
            out.writeStartElement("coding");
            value(out, "system", Problem.SYSTEM);
            value(out, "code", problem.code());
            out.writeEndElement();
            out.writeEndElement();
            value(out, "diagnostics", problem.diagnostics());
            out.writeEndElement();
            out.writeEndElement();
            out.close();
        } catch (XMLStreamException e) {
            throw new IOException("could not write an OperationOutcome", e);
        }
        return text.toString();
    }

    private static void value(XMLStreamWriter out, String name, String value) throws XMLStreamException {
        out.writeEmptyElement(name);
        out.writeAttribute("value", value);
    }
}
