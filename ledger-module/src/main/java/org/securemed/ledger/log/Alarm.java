package org.securemed.ledger.log;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Told of what an operator must look at. Called from the log's threads; must not block. */
@FunctionalInterface
public interface Alarm {
    /**
     * @param code stable, such as {@code outbox-forged}
     * @param detail where, without identifying data
     */
    void raise(String code, String detail);

    /** Logs at error level. */
    static Alarm logging() {
        Logger log = LoggerFactory.getLogger(Alarm.class);
        return (code, detail) -> log.atError()
                .addKeyValue("code", code)
                .addKeyValue("detail", detail)
                .log("ledger alarm");
    }
}
