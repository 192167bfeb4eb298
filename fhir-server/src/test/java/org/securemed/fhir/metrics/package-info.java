@NullMarked
package org.securemed.fhir.metrics;

import org.jspecify.annotations.NullMarked;
