/**
 * How HAPI FHIR is composed, and the only package that knows {@code ca.uhn.fhir.jpa}'s wiring: storage, the FHIR
 * servlet, its providers and the order of the interceptors.
 */
@NullMarked
package org.securemed.fhir.server;

import org.jspecify.annotations.NullMarked;
