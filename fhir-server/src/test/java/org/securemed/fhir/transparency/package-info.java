/** The log over HTTP from outside. */
@NullMarked
package org.securemed.fhir.transparency;

import org.jspecify.annotations.NullMarked;
