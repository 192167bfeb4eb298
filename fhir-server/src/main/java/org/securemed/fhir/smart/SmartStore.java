package org.securemed.fhir.smart;

import java.time.Clock;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The migrated schema {@code smart}, and how to reach it. */
record SmartStore(JdbcTemplate template, JdbcClient client, TransactionTemplate transactions, Clock clock) {}
