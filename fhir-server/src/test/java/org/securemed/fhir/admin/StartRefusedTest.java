package org.securemed.fhir.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

class StartRefusedTest {
    @Test
    void the_innermost_refusal_of_ours_is_the_description_and_what_caused_it_with_it() {
        Exception database = thrownBy("org.postgresql.Driver", new SQLException("no such host"));
        Exception ours = thrownBy(
                "org.securemed.ledger.log.Ledger", new IllegalStateException("the log cannot be read", database));
        Exception outer = thrownBy("org.securemed.fhir.keys.Keys", new IllegalStateException("no ledger", ours));
        Exception spring =
                thrownBy("org.springframework.beans.Factory", new BeanCreationException("Error creating bean", outer));

        assertThat(new StartRefused().analyze(spring)).satisfies(analysis -> {
            assertThat(analysis.getDescription()).isEqualTo("the log cannot be read\n\nno such host");
            assertThat(analysis.getAction()).contains("docs/operations.md");
        });
    }

    @Test
    void what_others_throw_is_left_to_others() {
        assertThat(new StartRefused().analyze(thrownBy("org.postgresql.Driver", new IllegalStateException("full"))))
                .isNull();
    }

    @Test
    void spring_boot_knows_it() {
        List<FailureAnalyzer> known = SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, FailureHandler.handleMessage((message, failure) -> {}));

        assertThat(known).hasAtLeastOneElementOfType(StartRefused.class);
    }

    private static Exception thrownBy(String type, Exception exception) {
        exception.setStackTrace(new StackTraceElement[] {new StackTraceElement(type, "method", null, 1)});
        return exception;
    }
}
