@NullMarked
package org.securemed.fhir.smart;

import org.jspecify.annotations.NullMarked;
