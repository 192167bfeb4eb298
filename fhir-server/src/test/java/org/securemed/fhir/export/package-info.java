@NullMarked
package org.securemed.fhir.export;

import org.jspecify.annotations.NullMarked;
