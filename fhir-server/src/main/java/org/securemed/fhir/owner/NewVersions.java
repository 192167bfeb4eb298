package org.securemed.fhir.owner;

import ca.uhn.fhir.jpa.model.entity.ResourceHistoryTable;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.event.service.spi.EventListenerRegistry;
import org.hibernate.event.spi.EventType;
import org.hibernate.event.spi.PreInsertEvent;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The versions that the transaction of this thread has inserted into HAPI's table, byte by byte as they were sent to
 * the database. Thread-safe.
 */
public final class NewVersions {
    private final EntityManagerFactory factory;

    /** Begins to listen. */
    public NewVersions(EntityManagerFactory factory) {
        this.factory = factory;
        factory.unwrap(SessionFactoryImplementor.class)
                .getServiceRegistry()
                .requireService(EventListenerRegistry.class)
                .appendListeners(EventType.PRE_INSERT, NewVersions::inserting);
    }

    /** Those of the transaction that is active on this thread, by {@code Type/id/_history/version}. */
    public Map<String, VersionBytes> written() {
        EntityManager manager = EntityManagerFactoryUtils.getTransactionalEntityManager(factory);
        if (manager != null) {
            manager.flush();
        }
        return ofTransaction().map(written -> Map.copyOf(written.versions)).orElse(Map.of());
    }

    private static boolean inserting(PreInsertEvent event) {
        if (event.getEntity() instanceof ResourceHistoryTable row
                && TransactionSynchronizationManager.isSynchronizationActive()) {
            Written written = ofTransaction().orElseGet(() -> {
                Written begun = new Written();
                TransactionSynchronizationManager.registerSynchronization(begun);
                return begun;
            });
            VersionBytes version = bytes(row);
            written.versions.put(version.reference(), version);
        }
        return false;
    }

    private static VersionBytes bytes(ResourceHistoryTable row) {
        byte[] text = new byte[0];
        if (row.getResourceTextVc() != null) {
            text = row.getResourceTextVc().getBytes(StandardCharsets.UTF_8);
        } else if (row.getResource() != null) {
            text = row.getResource().clone();
        }
        return new VersionBytes(
                row.getResourceType(),
                row.getIdDt().getIdPart(),
                row.getVersion(),
                Instant.ofEpochMilli(row.getUpdatedDate().getTime()),
                row.getEncoding().name(),
                row.getSourceUri(),
                text);
    }

    private static Optional<Written> ofTransaction() {
        for (TransactionSynchronization known : TransactionSynchronizationManager.getSynchronizations()) {
            if (known instanceof Written written) {
                return Optional.of(written);
            }
        }
        return Optional.empty();
    }

    /** Ends with the transaction: what was rolled back is forgotten. */
    private static final class Written implements TransactionSynchronization {
        private final Map<String, VersionBytes> versions = new HashMap<>();
    }
}
