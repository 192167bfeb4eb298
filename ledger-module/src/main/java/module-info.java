/** The ledger: a transparency log of what happened, the consent contract, and the verifier. */
module org.securemed.ledger {
    requires com.fasterxml.jackson.core;
    requires java.json.canonicalization;
    requires java.net.http;
    requires java.sql;
    requires jdk.httpserver;
    requires org.bouncycastle.provider;
    requires static transitive org.jspecify;
    requires static org.postgresql.jdbc;
    requires org.slf4j;

    exports org.securemed.ledger.checkpoint;
    exports org.securemed.ledger.consent;
    exports org.securemed.ledger.entry;
    exports org.securemed.ledger.erasure;
    exports org.securemed.ledger.files;
    exports org.securemed.ledger.log;
    exports org.securemed.ledger.merkle;
    exports org.securemed.ledger.policy;
    exports org.securemed.ledger.replay;
    exports org.securemed.ledger.retention;
    exports org.securemed.ledger.storage;
    exports org.securemed.ledger.verify;
    exports org.securemed.ledger.witness;
}
