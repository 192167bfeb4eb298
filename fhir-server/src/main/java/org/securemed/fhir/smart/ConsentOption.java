package org.securemed.fhir.smart;

/**
 * A switch or choice on the consent screen. Public, because templates reach public classes only.
 *
 * @param name value of the form field
 * @param label in plain words
 */
public record ConsentOption(String name, String label) {}
