package org.securemed.fhir.admin;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/**
 * Says in a few lines why the server does not start, when one of its own parts refuses to: a log that is not what was
 * signed, a key or a setting that is missing, what {@code production} does not allow. Known to Spring Boot by
 * {@code META-INF/spring.factories}.
 */
public final class StartRefused implements FailureAnalyzer {
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        Throwable refusal = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isOurs(cause)) {
                refusal = cause;
            }
        }
        if (refusal == null || refusal.getMessage() == null) {
            return null;
        }
        Throwable reason = refusal.getCause();
        String because = reason == null || reason.getMessage() == null ? "" : "\n\n" + reason.getMessage();
        return new FailureAnalysis(
                refusal.getMessage() + because, "docs/operations.md says what the server needs.", failure);
    }

    /** Whether code of this product threw it. */
    private static boolean isOurs(Throwable cause) {
        StackTraceElement[] stack = cause.getStackTrace();
        return stack.length > 0 && stack[0].getClassName().startsWith("org.securemed.");
    }
}
