@NullMarked
package org.securemed.fhir.read;

import org.jspecify.annotations.NullMarked;
