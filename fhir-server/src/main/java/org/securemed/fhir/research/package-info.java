/**
 * The view that research gets of a record: what identifies nobody, under pseudonyms of one study. Knows nothing of
 * consent, requests or storage: it makes one resource of another.
 */
@NullMarked
package org.securemed.fhir.research;

import org.jspecify.annotations.NullMarked;
