package org.securemed.fhir.consent;

import org.securemed.fhir.owner.Adoption;
import org.securemed.fhir.owner.UnownedResources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Lets the server answer only when it is known of every stored resource to whom it belongs. Runs before the first
 * connection is accepted.
 */
final class CompleteOwners implements SmartInitializingSingleton {
    private static final Logger log = LoggerFactory.getLogger(CompleteOwners.class);

    private final UnownedResources unowned;
    private final Adoption adoption;
    private final boolean adopt;

    /** @param adopt whether to find the owners of what has none */
    CompleteOwners(UnownedResources unowned, Adoption adoption, boolean adopt) {
        this.unowned = unowned;
        this.adoption = adoption;
        this.adopt = adopt;
    }

    /** @throws IllegalStateException if there are resources without owners, and none are to be found */
    @Override
    public void afterSingletonsInstantiated() {
        if (!unowned.any()) {
            return;
        }
        long all = unowned.count();
        if (!adopt) {
            throw new IllegalStateException(
                    all + " stored resources belong to nobody yet: they were stored without this"
                            + " gate. Make a backup, then start with securemed.consent.adopt=true to find their owners.");
        }
        log.atInfo().addKeyValue("resources", all).log("finding the owners of what is stored");
        adoption.run(done -> log.atInfo()
                .addKeyValue("done", done)
                .addKeyValue("of", all)
                .addKeyValue("percent", done * 100 / all)
                .log("finding owners"));
        if (unowned.any()) {
            throw new IllegalStateException("stored resources are still without owners: something writes meanwhile");
        }
    }
}
