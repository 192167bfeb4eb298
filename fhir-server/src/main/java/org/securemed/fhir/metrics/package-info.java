/**
 * What an operator watches: meters, and the address where Prometheus reads them. No meter says whom anything is about.
 */
@NullMarked
package org.securemed.fhir.metrics;

import org.jspecify.annotations.NullMarked;
