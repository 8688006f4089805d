/// Metadata of an ensemble of pure gauge theory as QCDml 2.0 has it (namespace http://www.lqcd.org/ildg/QCDml/ensemble2.0).
public struct QCDmlEnsemble: Sendable {
    /// How the chain was made.
    public struct Algorithm: Sendable {
        /// An XML name, `hmc` or `heatbath`.
        public var name: String
        public var reference: String
        /// In this order.
        public var parameters: [(name: String, value: String)]

        public init(name: String, reference: String, parameters: [(name: String, value: String)] = []) {
            (self.name, self.reference, self.parameters) = (name, reference, parameters)
        }
    }

    public var catalogue: Catalogue
    public var collaboration: String
    public var project: String
    public var participant: QCDmlConfiguration.Participant
    /// xs:dateTime.
    public var date: String
    /// Of the licence.
    public var licence: String
    public var beta: Double
    public var rectangleCoefficient: Double
    public var algorithm: Algorithm

    /// - Throws: `CatalogueError` for a catalogue without configurations or of different lattices, and for a rectangle coefficient that QCDml has no name for.
    public init(
        _ catalogue: Catalogue, collaboration: String, project: String, participant: QCDmlConfiguration.Participant, date: String, licence: String, beta: Double,
        rectangleCoefficient: Double, algorithm: Algorithm
    ) throws {
        guard let first = catalogue.entries.first else { throw CatalogueError("\(catalogue.ensemble): no configurations; add some first") }
        if let other = catalogue.entries.first(where: { $0.extents != first.extents }) {
            throw CatalogueError("\(other.logicalName): lattice \(other.extents), that of \(first.logicalName) is \(first.extents); an ensemble has one")
        }
        guard Self.element(rectangleCoefficient) != nil else {
            throw CatalogueError("rectangle coefficient \(rectangleCoefficient): QCDml names 0 (Wilson), -1/12 (tree-level Symanzik), -0.331 (Iwasaki) and -1.4088 (DBW2)")
        }
        (self.catalogue, self.collaboration, self.project, self.participant, self.date) = (catalogue, collaboration, project, participant, date)
        (self.licence, self.beta, self.rectangleCoefficient, self.algorithm) = (licence, beta, rectangleCoefficient, algorithm)
    }

    /// The schema's name of an action.
    static func element(_ c1: Double) -> String? {
        [(0, "plaquetteGluonAction"), (-1.0 / 12, "treelevelSymanzikGluonAction"), (-0.331, "iwasakiRGGluonAction"), (-1.4088, "DBW2GluonAction")]
            .first { abs($0.0 - c1) < 1e-4 * max(abs($0.0), 1e-3) }?.1
    }

    /// The document.
    public var xml: String {
        func text(_ value: String) -> String { QCDmlConfiguration.escaped(value) }
        let extents = catalogue.entries.first?.extents ?? [], element = Self.element(rectangleCoefficient) ?? ""
        let coefficients =
            rectangleCoefficient == 0
            ? ""
            : """

                        <normalisation>cs_sum_to_one</normalisation>
                        <c0>\(1 - 8 * rectangleCoefficient)</c0>
                        <c1>\(rectangleCoefficient)</c1>
                        <c2>0</c2>
                        <c3>0</c3>
            """
        let parameters = algorithm.parameters.map { "\n      <parameter><name>\(text($0.name))</name><value>\(text($0.value))</value></parameter>" }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <markovChain xmlns="http://www.lqcd.org/ildg/QCDml/ensemble2.0">
              <markovChainURI>\(text(catalogue.ensemble))</markovChainURI>
              <management>
                <collaboration>\(text(collaboration))</collaboration>
                <projectName>\(text(project))</projectName>
                <archiveHistory>
                  <archiveEvent>
                    <revision>0</revision>
                    <revisionAction>add</revisionAction>
                    <participant>
                      <name>\(text(participant.name))</name>
                      <institution>\(text(participant.institution))</institution>
                    </participant>
                    <date>\(text(date))</date>
                  </archiveEvent>
                </archiveHistory>
              </management>
              <license>
                <licenseURI>\(text(licence))</licenseURI>
              </license>
              <physics>
                <size>\(zip(["x", "y", "z", "t"], extents).map { "<\($0)>\($1)</\($0)>" }.joined())</size>
                <action>
                  <gluon>
                    <\(element)>
                      <glossary>http://www.lqcd.org/ildg/actionGlossaries/\(element).pdf</glossary>
                      <gluonField>
                        <gaugeGroup>SU(3)</gaugeGroup>
                        <representation>fundamental</representation>
                        <boundaryCondition><x>periodic</x><y>periodic</y><z>periodic</z><t>periodic</t></boundaryCondition>
                      </gluonField>
                      <beta>\(beta)</beta>\(coefficients)
                    </\(element)>
                  </gluon>
                </action>
              </physics>
              <algorithm>
                <name>\(text(algorithm.name))</name>
                <glossary>http://www.lqcd.org/ildg/algorithmGlossaries/\(text(algorithm.name)).pdf</glossary>
                <reference>\(text(algorithm.reference))</reference>
                <exact>true</exact>
                <reweightingNeeded>false</reweightingNeeded>\(parameters.isEmpty ? "" : "\n    <parameters>\(parameters)\n    </parameters>")
              </algorithm>
            </markovChain>

            """
    }
}
