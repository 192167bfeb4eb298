/**
 * Which patients a resource belongs to, and in which partition of the FHIR store it therefore lies. Knows nothing of
 * requesters or consents.
 */
@NullMarked
package org.securemed.fhir.owner;

import org.jspecify.annotations.NullMarked;
