package org.securemed.fhir.owner;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.ReindexOutcome;
import ca.uhn.fhir.jpa.api.dao.ReindexParameters;
import ca.uhn.fhir.jpa.model.dao.JpaPid;
import ca.uhn.fhir.jpa.util.MemoryCacheService;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.api.server.storage.TransactionDetails;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;

/** HAPI's search indexes, as far as they have to be written anew from what is stored. Thread-safe. */
public final class SearchIndexes {
    private final ObjectProvider<DaoRegistry> daos;
    private final ObjectProvider<MemoryCacheService> caches;
    private final EntityManagerFactory entities;

    /** @param entities of the transactions that callers begin */
    public SearchIndexes(
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<MemoryCacheService> caches,
            EntityManagerFactory entities) {
        this.daos = daos;
        this.caches = caches;
        this.entities = entities;
    }

    /**
     * Writes the index rows of a resource that isn't deleted, in the caller's transaction.
     *
     * @param key HAPI's own
     * @return whether it could; if not, because its text can't be read or it refers to what isn't there, the
     *     transaction must be rolled back
     */
    public boolean rebuild(String type, long key) {
        EntityManager manager = EntityManagerFactoryUtils.getTransactionalEntityManager(entities);
        if (manager != null) {
            // What was written past it is not what it remembers.
            manager.flush();
            manager.clear();
        }
        ReindexOutcome outcome = daos.getObject()
                .getResourceDao(type)
                .reindex(
                        JpaPid.fromId(key),
                        new ReindexParameters(),
                        new SystemRequestDetails(),
                        new TransactionDetails());
        return outcome.getWarnings().isEmpty();
    }

    /** Lets HAPI forget what it remembers of rows; what other instances remember they forget within a minute. */
    public void forget() {
        caches.getObject().invalidateAllCaches();
    }
}
