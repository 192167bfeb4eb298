package org.securemed.fhir.owner;

import org.jspecify.annotations.Nullable;

/**
 * Where the newest version of a resource is.
 *
 * @param key HAPI's own key of the resource
 * @param reference {@code Type/id}
 * @param partition see {@link Partition}
 * @param facts what consents may ask of it; null if that wasn't asked for, or isn't known
 */
public record Located(
        long key, String reference, int partition, @Nullable String facts) {}
