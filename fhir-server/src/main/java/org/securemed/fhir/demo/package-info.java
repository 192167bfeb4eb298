/**
 * The patients of the demonstration: invented people with plausible records, made anew from a seed each time.
 *
 * <p>Only the FHIR R4 model is used here. The package opens no connection, reads no clock and knows nothing of the
 * server, so that the same seed gives the same bytes on every machine.
 */
@NullMarked
package org.securemed.fhir.demo;

import org.jspecify.annotations.NullMarked;
