/** The programs together, each as it runs, from a card to the record of what was read with it. */
@org.jspecify.annotations.NullMarked
package org.securemed.fhir.whole;
