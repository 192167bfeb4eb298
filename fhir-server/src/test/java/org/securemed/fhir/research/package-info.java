@NullMarked
package org.securemed.fhir.research;

import org.jspecify.annotations.NullMarked;
