package org.securemed.fhir.read;

import java.time.Instant;

/**
 * The newest version of a resource, as HAPI has stored it.
 *
 * @param type FHIR resource type
 * @param id logical id
 * @param version number of the version
 * @param updated when it was written
 * @param partition where it lies
 * @param text its JSON without id, versionId and lastUpdated
 */
record StoredVersion(String type, String id, long version, Instant updated, int partition, String text) {}
