/**
 * Every error body that leaves the server is made here: an {@code OperationOutcome} under {@code /fhir}, an RFC 9457
 * problem document elsewhere. Knows HTTP and FHIR's issue types; knows nothing about consent, tokens or storage.
 */
@NullMarked
package org.securemed.fhir.problem;

import org.jspecify.annotations.NullMarked;
