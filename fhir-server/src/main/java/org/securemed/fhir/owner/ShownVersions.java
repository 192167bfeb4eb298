package org.securemed.fhir.owner;

/** Told of each version of a resource before it is shown to somebody who may see it. */
@FunctionalInterface
public interface ShownVersions {
    /**
     * Called before a version is shown.
     *
     * @throws RuntimeException if it must not be
     */
    void showing(String type, String id, long version);
}
