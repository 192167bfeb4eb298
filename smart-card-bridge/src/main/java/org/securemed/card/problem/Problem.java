package org.securemed.card.problem;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a request is not answered: a stable code (see {@code docs/errors.md}), the HTTP status and a sentence for the
 * person who has to act.
 *
 * <p>The sentence is fixed text written by us. It never repeats what the requester sent, and holds nothing about a
 * person or a card.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>
 */
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    private final String code;
    private final int status;
    private final String detail;
    private final @Nullable Duration retryAfter;

    private Problem(String code, int status, String detail, @Nullable Duration retryAfter) {
        // No stack trace: a problem is an expected outcome, made in bulk by hostile input.
        super(code + ": " + detail, null, false, false);
        if (!CODE.matcher(code).matches()) {
            throw new IllegalArgumentException("not a problem code: " + code);
        }
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("not an error status: " + status);
        }
        this.code = code;
        this.status = status;
        this.detail = detail;
        this.retryAfter = retryAfter;
    }

    /** A problem with an explicit status. */
    public static Problem of(int status, String code, String detail) {
        return new Problem(code, status, detail, null);
    }

    /** 400: the request cannot be understood. */
    public static Problem badRequest(String code, String detail) {
        return of(400, code, detail);
    }

    /** 401: who is asking is not known. */
    public static Problem unauthorized(String code, String detail) {
        return of(401, code, detail);
    }

    /** 403: who is asking is known and may not. */
    public static Problem forbidden(String code, String detail) {
        return of(403, code, detail);
    }

    /** 404. */
    public static Problem notFound(String code, String detail) {
        return of(404, code, detail);
    }

    /** 409: the request contradicts what is there. */
    public static Problem conflict(String code, String detail) {
        return of(409, code, detail);
    }

    /** 429: ask again after {@code retryAfter}. */
    public static Problem tooMany(String code, String detail, Duration retryAfter) {
        return new Problem(code, 429, detail, retryAfter);
    }

    /** 500: our fault; what happened is in the log and not in the answer. */
    public static Problem internal() {
        return of(500, "internal", "The bridge failed to answer. Nothing was disclosed.");
    }

    /** 503: the request can be repeated after {@code retryAfter}. */
    public static Problem unavailable(String code, String detail, Duration retryAfter) {
        return new Problem(code, 503, detail, retryAfter);
    }

    /** What is said of a status that was set without a reason. */
    public static Problem forStatus(int status) {
        return switch (status) {
            case 401 -> unauthorized("token-missing", "Send an access token.");
            case 403 -> forbidden("forbidden", "This is not allowed for you.");
            case 404 -> notFound("not-found", "There is nothing at this address.");
            case 405 -> of(405, "method-not-allowed", "This address takes other methods.");
            case 406 -> of(406, "not-acceptable", "Ask for another form of the answer.");
            case 413 -> of(413, "too-large", "Send less in one request.");
            case 415 -> of(415, "media-type", "Send the body in another form.");
            case 503 -> unavailable("unavailable", "The bridge cannot answer now. Try again.", Duration.ofSeconds(5));
            default ->
                status >= 400 && status < 500
                        ? of(status, "bad-request", "The request cannot be understood.")
                        : internal();
        };
    }

    /** Stable, lower case with hyphens; listed in {@code docs/errors.md}. */
    public String code() {
        return code;
    }

    /** HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** What to do next. */
    public String detail() {
        return detail;
    }

    /** When to try again, if that can help. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
