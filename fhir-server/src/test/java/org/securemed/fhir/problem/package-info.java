@NullMarked
package org.securemed.fhir.problem;

import org.jspecify.annotations.NullMarked;
