@NullMarked
package org.securemed.fhir.retention;

import org.jspecify.annotations.NullMarked;
