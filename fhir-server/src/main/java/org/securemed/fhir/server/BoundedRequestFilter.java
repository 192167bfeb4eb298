package org.securemed.fhir.server;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.util.unit.DataSize;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Bounds what a request makes the server read: its body, unpacked if it came packed, its parameters and its form. What
 * is refused is refused where HAPI reads it, so that it is recorded as every other answer is.
 */
final class BoundedRequestFilter extends OncePerRequestFilter {
    /** Set by Tomcat when it left out parameters that it could not, or would not, read. */
    private static final String PARAMETERS_LEFT_OUT = "org.apache.catalina.parameter_parse_failed";

    private static final Pattern NOT_ENCODED = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    private static final String RETRY_HEADER = "X-Retry-On-Version-Conflict";
    private static final Pattern RETRY = Pattern.compile("\\s*retry(\\s*;\\s*max-retries=[0-9]{1,2})?\\s*");

    private static final String CONTENT_ENCODING = "Content-Encoding";

    private final long limit;

    /** @param limit the largest body */
    BoundedRequestFilter(DataSize limit) {
        this.limit = limit.toBytes();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        chain.doFilter(new Bounded(request, limit), response);
    }

    private static final class Bounded extends HttpServletRequestWrapper {
        private final long limit;
        private @Nullable ServletInputStream body;

        Bounded(HttpServletRequest request, long limit) {
            super(request);
            this.limit = limit;
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            ServletInputStream opened = body;
            if (opened == null) {
                if (getContentLengthLong() > limit) {
                    throw tooLarge();
                }
                opened = new Body(new Limited(unpacked(), limit));
                body = opened;
            }
            return opened;
        }

        private InputStream unpacked() throws IOException {
            String packing = super.getHeader(CONTENT_ENCODING);
            if (packing == null || packing.equalsIgnoreCase("identity")) {
                return super.getInputStream();
            }
            if (packing.equalsIgnoreCase("gzip")) {
                return new GZIPInputStream(super.getInputStream());
            }
            throw Problem.of(415, "media-type", IssueType.NOTSUPPORTED, "Send the body as it is, or packed with gzip.");
        }

        @Override
        public BufferedReader getReader() throws IOException {
            String encoding = getCharacterEncoding();
            return new BufferedReader(
                    encoding == null
                            ? new InputStreamReader(getInputStream(), StandardCharsets.UTF_8)
                            : new InputStreamReader(getInputStream(), encoding));
        }

        /** Whoever reads the body gets it unpacked. */
        @Override
        public @Nullable String getHeader(String name) {
            return CONTENT_ENCODING.equalsIgnoreCase(name) ? null : super.getHeader(name);
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            if (CONTENT_ENCODING.equalsIgnoreCase(name)) {
                return Collections.emptyEnumeration();
            }
            Enumeration<String> values = super.getHeaders(name);
            if (!RETRY_HEADER.equalsIgnoreCase(name) || values == null) {
                return values;
            }
            // HAPI reads it before it handles errors; as a wish it may be ignored.
            return Collections.enumeration(Collections.list(values).stream()
                    .filter(value -> RETRY.matcher(value).matches())
                    .toList());
        }

        @Override
        public @Nullable String getQueryString() {
            String query = super.getQueryString();
            if (query != null && NOT_ENCODED.matcher(query).find()) {
                throw malformed();
            }
            return query;
        }

        @Override
        public Map<String, String[]> getParameterMap() {
            Map<String, String[]> parameters = super.getParameterMap();
            if (getAttribute(PARAMETERS_LEFT_OUT) != null) {
                // A search without one of its parameters finds what nobody asked for.
                throw malformed();
            }
            return parameters;
        }
    }

    private static Problem malformed() {
        return Problem.badRequest("malformed-parameters", "Send fewer or shorter parameters, in valid encoding.");
    }

    private static Problem tooLarge() {
        return Problem.of(413, "too-large", IssueType.TOOLONG, "Send less in one request.");
    }

    /** Ends with a problem, not with the end of the stream: half a body must not pass for a whole one. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(InputStream in, long limit) {
            super(in);
            this.left = limit;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            if (read >= 0) {
                count(1);
            }
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            if (read > 0) {
                count(read);
            }
            return read;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(count);
            count(skipped);
            return skipped;
        }

        private void count(long read) {
            left -= read;
            if (left < 0) {
                throw tooLarge();
            }
        }
    }

    private static final class Body extends ServletInputStream {
        private final InputStream in;
        private boolean finished;

        Body(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int read = in.read();
            finished = read < 0;
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            finished = read < 0;
            return read;
        }

        @Override
        public boolean isFinished() {
            return finished;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new IllegalStateException("the body is read blocking");
        }
    }
}
