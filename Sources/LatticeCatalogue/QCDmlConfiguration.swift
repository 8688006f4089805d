/// Metadata of one configuration as QCDml 2.0 has it (namespace http://www.lqcd.org/ildg/QCDml/config2.0).
public struct QCDmlConfiguration: Sendable {
    public struct Participant: Sendable {
        public var name: String
        public var institution: String

        public init(name: String, institution: String) {
            self.name = name
            self.institution = institution
        }
    }

    public struct Machine: Sendable {
        public var name: String
        public var institution: String
        public var type: String

        public init(name: String, institution: String, type: String) {
            self.name = name
            self.institution = institution
            self.type = type
        }
    }

    public struct Code: Sendable {
        public var name: String
        public var version: String
        /// xs:dateTime, as 2026-11-28T12:00:00Z.
        public var date: String

        public init(name: String, version: String, date: String) {
            self.name = name
            self.version = version
            self.date = date
        }
    }

    public var entry: CatalogueEntry
    public var ensemble: String
    public var series: String
    public var participant: Participant
    public var machine: Machine
    public var code: Code
    /// xs:dateTime of the generation.
    public var date: String

    public init(_ entry: CatalogueEntry, ensemble: String, series: String, participant: Participant, machine: Machine, code: Code, date: String) {
        self.entry = entry
        self.ensemble = ensemble
        self.series = series
        self.participant = participant
        self.machine = machine
        self.code = code
        self.date = date
    }

    /// The document.
    public var xml: String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <gaugeConfiguration xmlns="http://www.lqcd.org/ildg/QCDml/config2.0">
          <dataLFN>\(Self.escaped(entry.logicalName))</dataLFN>
          <management>
            <archiveHistory>
              <archiveEvent>
                <revision>0</revision>
                <revisionAction>generate</revisionAction>
                <participant>
                  <name>\(Self.escaped(participant.name))</name>
                  <institution>\(Self.escaped(participant.institution))</institution>
                </participant>
                <date>\(Self.escaped(date))</date>
              </archiveEvent>
            </archiveHistory>
          </management>
          <implementation>
            <machine>
              <name>\(Self.escaped(machine.name))</name>
              <institution>\(Self.escaped(machine.institution))</institution>
              <machineType>\(Self.escaped(machine.type))</machineType>
            </machine>
            <code>
              <name>\(Self.escaped(code.name))</name>
              <version>\(Self.escaped(code.version))</version>
              <date>\(Self.escaped(code.date))</date>
            </code>
          </implementation>
          <algorithm/>
          <precision>\(entry.bits == 32 ? "single" : "double")</precision>
          <markovSequence>
            <markovChainURI>\(Self.escaped(ensemble))</markovChainURI>
            <series>\(Self.escaped(series))</series>
            <markovStep>
              <update>\(entry.update)</update>
              <record>
                <field>su3gauge</field>
                <crcCheckSum>\(entry.checksum)</crcCheckSum>
                <avePlaquette>\(entry.plaquette)</avePlaquette>
              </record>
            </markovStep>
          </markovSequence>
        </gaugeConfiguration>

        """
    }

    /// A text as it stands between tags; what XML cannot hold is left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 32 && scalar.value != 9 && scalar.value != 10 && scalar.value != 13: break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
